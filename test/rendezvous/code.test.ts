/** Codes to paste: what is in them, how long they are, and what is refused. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_CODE_CHARS, idOfCode, readCode, writeCode } from "../../src/rendezvous/code.ts";

const NOW = Date.UTC(2026, 10, 30, 12);
const EXPIRES = NOW + 600_000;
const PRINT = Array.from({ length: 32 }, (_, i) => (i * 7 + 3).toString(16).toUpperCase().padStart(2, "0")).join(":");

interface Parts {
  readonly ufrag?: string;
  readonly pwd?: string;
  readonly setup?: string;
  readonly candidates?: readonly string[];
}

function sdpOf({
  ufrag = "k/Pf",
  pwd = "FKMJLwwuYK26KpZfV+TSnq01",
  setup = "actpass",
  candidates = [],
}: Parts): string {
  return [
    "v=0",
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${pwd}`,
    `a=fingerprint:sha-256 ${PRINT}`,
    `a=setup:${setup}`,
    ...candidates.map((each) => `a=${each}`),
    "",
  ].join("\r\n");
}

test("a code that never expires is valid as long as a code can say", () => {
  for (const expiresMs of [Infinity, NOW + 1e13]) {
    const code = writeCode(sdpOf({}), expiresMs);
    expect(readCode(code, Date.UTC(2056, 0)).type).toBe("offer");
  }
});

/** As Chromium 156 and Firefox 153 describe two interfaces to a page. */
const mdns = (i: number): string => `7f0c5d2${i}-4b1a-4c6e-9d3f-0a1b2c3d4e5f.local`;
const chromium: Parts = {
  candidates: [
    `candidate:1 1 udp 2113937151 ${mdns(1)} 51234 typ host generation 0 ufrag k/Pf network-cost 999`,
    `candidate:2 1 udp 2113939711 ${mdns(2)} 51235 typ host generation 0 ufrag k/Pf network-cost 999`,
    `candidate:3 1 tcp 1518214911 ${mdns(1)} 9 typ host tcptype active generation 0`,
  ],
};
const firefox: Parts = {
  ufrag: "3f0a91bc",
  pwd: "00112233445566778899aabbccddeeff",
  candidates: [
    `candidate:0 1 UDP 2122252543 ${mdns(1)} 40001 typ host`,
    `candidate:2 1 UDP 2122187007 ${mdns(2)} 40002 typ host`,
    `candidate:4 1 TCP 2105524479 ${mdns(1)} 9 typ host tcptype active`,
  ],
};
const node: Parts = {
  pwd: "FKMJLwwuYK26KpZfV+TSnq",
  candidates: [
    "candidate:2 1 UDP 2116026111 fd00::2 53097 typ host",
    "candidate:1 1 UDP 2114977791 192.0.2.2 53097 typ host",
    "candidate:3 1 UDP 1677729535 198.51.100.7 53097 typ srflx raddr 0.0.0.0 rport 0",
  ],
};

describe("a code", () => {
  test.each<[string, Parts, chars: number]>([
    ["of Chromium with two mDNS names", chromium, 136],
    ["of Firefox with two mDNS names", firefox, 135],
    ["of Node with IPv6, IPv4 and an address from STUN", node, 128],
  ])("%s: few characters, none that a URL or a QR code minds", (_, parts, chars) => {
    const code = writeCode(sdpOf(parts), EXPIRES);
    expect(code).toMatch(/^[\w-]+$/);
    expect(code.length).toBe(chars);
  });
  test("has everything that varies, and drops TCP and what reaches nobody", () => {
    const { type, sdp, candidates } = readCode(writeCode(sdpOf(chromium), EXPIRES), NOW);
    expect(type).toBe("offer");
    for (const line of [
      "ice-ufrag:k/Pf",
      "ice-pwd:FKMJLwwuYK26KpZfV+TSnq01",
      `fingerprint:sha-256 ${PRINT}`,
      "setup:actpass",
    ]) {
      expect(sdp).toContain(`\r\na=${line}\r\n`);
    }
    expect(candidates).toEqual([
      `candidate:1 1 udp 2130706431 ${mdns(1)} 51234 typ host`,
      `candidate:2 1 udp 2130706175 ${mdns(2)} 51235 typ host`,
    ]);
    const useless = ["127.0.0.1", "::1", "fe80::1", "example.com", "1.2.3", "1:2:3"];
    const none = sdpOf({ candidates: useless.map((address) => `candidate:1 1 udp 1 ${address} 5 typ host`) });
    expect(readCode(writeCode(none, EXPIRES), NOW).candidates).toEqual([]);
  });
  test("puts first what is the most likely to work, and never has more characters than it may", () => {
    const many = Array.from({ length: 30 }, (_, i) => `candidate:1 1 udp 1 2001:db8::${i} ${4000 + i} typ host`);
    const code = writeCode(sdpOf({ candidates: [...many, ...node.candidates!] }), EXPIRES);
    expect(code.length).toBeLessThanOrEqual(MAX_CODE_CHARS);
    expect(
      readCode(code, NOW)
        .candidates.map((each) => each.split(" ")[4])
        .slice(0, 3),
    ).toEqual(["198.51.100.7", "192.0.2.2", "2001:0db8:0000:0000:0000:0000:0000:0000"]);
  });
  test("of an answer names its invitation, and keeps who is passive", () => {
    const invitation = readCode(writeCode(sdpOf(chromium), EXPIRES), NOW);
    expect(invitation.id).toBe(idOfCode(writeCode(sdpOf(chromium), EXPIRES)));
    for (const setup of ["active", "passive"]) {
      const read = readCode(writeCode(sdpOf({ ...firefox, setup }), EXPIRES, invitation.id), NOW);
      expect([read.type, read.id]).toEqual(["answer", invitation.id]);
      expect(read.sdp).toContain(`a=setup:${setup}`);
    }
  });
  test("may be pasted with spaces and line breaks", () => {
    const code = writeCode(sdpOf(chromium), EXPIRES);
    expect(readCode(` ${code.slice(0, 50)}\r\n ${code.slice(50)}\n`, NOW)).toEqual(readCode(code, NOW));
  });
  test("can be used until it expires, to the minute", () => {
    const code = writeCode(sdpOf(chromium), EXPIRES);
    expect(readCode(code, EXPIRES).type).toBe("offer");
    expect(() => readCode(code, EXPIRES + 1)).toThrow(
      expect.objectContaining({
        name: "RendezvousError",
        code: "expired",
        message: "the code has expired: ask for a new one",
      }) as Error,
    );
  });
});

describe("refused, with an error that says so", () => {
  const refusal = (text: string): unknown => {
    try {
      return readCode(text, NOW);
    } catch (error) {
      return (error as { code?: string }).code;
    }
  };
  test("is every code with one character changed, missing or added", () => {
    for (const parts of [chromium, firefox, node]) {
      const code = writeCode(sdpOf(parts), EXPIRES);
      for (let at = 0; at <= code.length; at++) {
        for (const char of ["A", "z", "_", "0"]) {
          if (code[at] !== char) expect(refusal(code.slice(0, at) + char + code.slice(at + 1))).toBe("code");
          expect(refusal(code.slice(0, at) + char + code.slice(at))).toBe("code");
        }
        if (at < code.length) expect(refusal(code.slice(0, at) + code.slice(at + 1))).toBe("code");
      }
    }
  });
  test("is whatever is no code", () => {
    for (const text of ["", " ", "hello", "https://example.com/", "v=0\r\n", "A".repeat(200), "é".repeat(100)]) {
      expect(refusal(text), text).toBe("code");
    }
    fc.assert(fc.property(fc.string({ maxLength: 300 }), (text) => refusal(text) === "code"));
    const base64url = fc.uint8Array({ maxLength: 150 }).map((bytes) => Buffer.from(bytes).toString("base64url"));
    fc.assert(fc.property(base64url, (text) => refusal(text) === "code"));
  });
  test("is a description that does not fit", () => {
    const refused = (sdp: string): void =>
      expect(() => writeCode(sdp, EXPIRES)).toThrow(expect.objectContaining({ code: "failed" }) as Error);
    refused(sdpOf({}).replace("sha-256", "sha-512"));
    refused(sdpOf({}).replace(/a=ice-pwd.*\r\n/, ""));
    refused(sdpOf({ ufrag: "x".repeat(200) }));
  });
});

test("every ufrag, password, address and port comes out as it went in", () => {
  const chars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const ice = (least: number, most: number): fc.Arbitrary<string> =>
    fc.string({ unit: fc.constantFrom(...Array.from(chars)), minLength: least, maxLength: most });
  fc.assert(
    fc.property(
      ice(4, 12),
      ice(22, 40),
      fc.ipV4(),
      fc.integer({ min: 1, max: 65_535 }),
      (ufrag, pwd, address, port) => {
        fc.pre(!address.startsWith("127."));
        const candidates = [`candidate:1 1 udp 1 ${address} ${port} typ host`];
        const read = readCode(writeCode(sdpOf({ ufrag, pwd, candidates }), EXPIRES), NOW);
        expect(read.sdp).toContain(`a=ice-ufrag:${ufrag}\r\na=ice-pwd:${pwd}\r\n`);
        expect(read.candidates[0]).toContain(` ${address} ${port} typ host`);
      },
    ),
  );
});
