/** A certificate that browsers accept by its hash: P-256, self-signed, for less than 14 days. */
import "reflect-metadata"; // must come before the next import
import { PemConverter, SubjectAlternativeNameExtension, X509CertificateGenerator } from "@peculiar/x509";
import { createHash, webcrypto } from "node:crypto";

export interface QuicCertificate {
  readonly cert: string;
  readonly key: string;
  /** SHA-256 of the certificate, byte by byte. */
  readonly hash: number[];
}

const DAY_MS = 24 * 60 * 60 * 1000;

export async function makeQuicCertificate(): Promise<QuicCertificate> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: "CN=localhost",
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + 10 * DAY_MS),
    signingAlgorithm: algorithm,
    keys: keys as CryptoKeyPair,
    extensions: [
      new SubjectAlternativeNameExtension([
        { type: "dns", value: "localhost" },
        { type: "ip", value: "127.0.0.1" },
      ]),
    ],
  });
  const key = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    cert: certificate.toString("pem"),
    key: PemConverter.encode(key, "PRIVATE KEY"),
    hash: [...createHash("sha256").update(new Uint8Array(certificate.rawData)).digest()],
  };
}
