/** A certificate authority, and certificates that it has signed, only for tests. */
import "reflect-metadata"; // must come before the next import
import {
  BasicConstraintsExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { webcrypto } from "node:crypto";

export interface Authority {
  /** The certificate that clients should trust. */
  readonly ca: string;
  /** A certificate for these names and addresses, valid now unless `expired`. */
  issue(names: readonly string[], options?: { expired?: boolean }): Promise<{ cert: string; key: string }>;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

export async function makeAuthority(): Promise<Authority> {
  const makeKeys = async (): Promise<CryptoKeyPair> =>
    (await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as CryptoKeyPair;
  const own = await makeKeys();
  const root = await X509CertificateGenerator.createSelfSigned({
    name: "CN=Authority of the tests",
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + DAY_MS),
    signingAlgorithm: algorithm,
    keys: own,
    extensions: [new BasicConstraintsExtension(true, 1, true)],
  });
  return {
    ca: root.toString("pem"),
    async issue(names, { expired = false } = {}) {
      const keys = await makeKeys();
      const certificate = await X509CertificateGenerator.create({
        subject: "CN=test",
        issuer: root.subject,
        notBefore: new Date(Date.now() - DAY_MS),
        notAfter: new Date(Date.now() + (expired ? -1000 : DAY_MS)),
        signingKey: own.privateKey,
        publicKey: keys.publicKey,
        signingAlgorithm: algorithm,
        extensions: [
          new SubjectAlternativeNameExtension(
            names.map((value) => ({ type: /^[\d.]+$|:/.test(value) ? "ip" : "dns", value }) as const),
          ),
        ],
      });
      const key = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
      return { cert: certificate.toString("pem"), key: PemConverter.encode(key, "PRIVATE KEY") };
    },
  };
}
