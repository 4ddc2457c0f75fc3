/** Which addresses are public: the special-purpose registries of IANA (RFC 6890), in every spelling. */
import { describe, expect, test } from "vitest";
import { addressOf, AddressSet, isPublicAddress } from "../../src/bridge/addresses.ts";

test.each([
  "1.1.1.1",
  "9.255.255.255",
  "11.0.0.0",
  "100.63.255.255",
  "100.128.0.0",
  "126.255.255.255",
  "128.0.0.1",
  "172.15.255.255",
  "172.32.0.0",
  "192.167.255.255",
  "192.169.0.0",
  "223.255.255.255",
  "2606:4700::1111",
  "2a00:1450:4001:82a::200e",
  "::ffff:8.8.8.8",
  "64:ff9b::808:808",
  "2002:808:808::1",
])("%s is public", (address) => {
  expect(isPublicAddress(address)).toBe(true);
});

test.each([
  "0.0.0.0",
  "10.0.0.1",
  "10.255.255.255",
  "100.64.0.1",
  "100.100.100.200",
  "127.0.0.1",
  "127.255.255.254",
  "168.63.129.16",
  "169.254.169.254",
  "172.16.0.1",
  "172.31.255.255",
  "192.0.0.192",
  "192.168.1.1",
  "198.18.0.1",
  "224.0.0.1",
  "255.255.255.255",
  "::",
  "::1",
  "0:0:0:0:0:0:0:1",
  "::ffff:127.0.0.1",
  "::ffff:7f00:1",
  "::127.0.0.1",
  "64:ff9b::7f00:1",
  "64:ff9b:1::1",
  "2002:7f00:1::",
  "2001::1",
  "2001:db8::1",
  "fc00::1",
  "fd00:ec2::254",
  "fe80::1",
  "fe80::1%eth0",
  "fec0::1",
  "ff02::1",
  "localhost",
  "example.com",
  "1.2.3",
  "256.1.1.1",
  "",
])("%s is not public", (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

describe("AddressSet", () => {
  test.each([
    [["127.0.0.1"], "127.0.0.1", true],
    [["127.0.0.1"], "127.0.0.2", false],
    [["127.0.0.1"], "::ffff:127.0.0.1", true],
    [["10.1.0.0/16"], "10.1.255.255", true],
    [["10.1.0.0/16"], "10.2.0.0", false],
    [["10.0.0.0/9"], "10.127.0.1", true],
    [["10.0.0.0/9"], "10.128.0.1", false],
    [["fd00::/8"], "fdab::1", true],
    [["fd00::/8"], "fc00::1", false],
    [["::1"], "0:0:0:0:0:0:0:1", true],
    [["0.0.0.0/0"], "::1", false],
    [["10.0.0.0/8"], "localhost", false],
    [[], "127.0.0.1", false],
  ])("of %j has %s: %s", (blocks, address, expected) => {
    expect(new AddressSet(blocks).has(address)).toBe(expected);
  });
  test.each(["localhost", "10.0.0.0/33", "::/129", "10.0.0.0/8/9", "10.0.0", "10.0.0.0/", "10.0.0.0/-1"])(
    "refuses %s",
    (block) => {
      expect(() => new AddressSet([block])).toThrow(TypeError);
    },
  );
});

test.each([
  ["127.0.0.1", "127.0.0.1"],
  ["[::1]", "::1"],
  ["localhost", undefined],
  ["example.com", undefined],
])("addressOf(%s) is %s", (host, address) => {
  expect(addressOf(host)).toBe(address);
});
