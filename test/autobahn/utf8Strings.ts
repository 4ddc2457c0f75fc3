/** The strings of Markus Kuhn's UTF-8 decoder stress test. Each is a text message of group 6. */

/** By the number of Autobahn's group 6.x. In hexadecimal; with `!` in front where it is not UTF-8. */
export const utf8Strings: readonly { group: number; shows: string; strings: readonly string[] }[] = [
  {
    group: 5,
    shows: "valid text",
    strings: [
      "68656c6c6f 24 776f726c64",
      "68656c6c6f c2a2 776f726c64",
      "68656c6c6f e282ac 776f726c64",
      "68656c6c6f f0a4ada2 776f726c64",
      "ceba e1bdb9 cf83 cebc ceb5",
    ],
  },
  {
    group: 6,
    shows: "prefix of valid text",
    strings: [
      "!ce",
      "ceba",
      "!ceba e1",
      "!ceba e1bd",
      "ceba e1bdb9",
      "!ceba e1bdb9 cf",
      "ceba e1bdb9 cf83",
      "!ceba e1bdb9 cf83 ce",
      "ceba e1bdb9 cf83 cebc",
      "!ceba e1bdb9 cf83 cebc ce",
      "ceba e1bdb9 cf83 cebc ceb5",
    ],
  },
  { group: 7, shows: "first sequence of its length", strings: ["00", "c280", "e0a080", "f0908080"] },
  { group: 8, shows: "first sequence of 5 and 6 octets", strings: ["!f888808080", "!fc8480808080"] },
  { group: 9, shows: "last sequence of its length", strings: ["7f", "dfbf", "efbfbf", "f48fbfbf"] },
  { group: 10, shows: "last sequence beyond U+10FFFF", strings: ["!f7bfbfbf", "!fbbfbfbfbf", "!fdbfbfbfbfbf"] },
  { group: 11, shows: "boundary", strings: ["ed9fbf", "ee8080", "efbfbd", "f48fbfbf", "!f4908080"] },
  {
    group: 12,
    shows: "continuation octets alone",
    strings: [
      "!80",
      "!bf",
      "!80bf",
      "!80bf80",
      "!80bf80bf",
      "!80bf80bf80",
      "!80bf80bf80bf",
      `!${octetsFrom(0x80, 0xbe)}`,
    ],
  },
  {
    group: 13,
    shows: "first octets alone",
    strings: [
      `!${octetsFrom(0xc0, 0xde, "20")}`,
      `!${octetsFrom(0xe0, 0xee, "20")}`,
      `!${octetsFrom(0xf0, 0xf6, "20")}`,
      `!${octetsFrom(0xf8, 0xfa, "20")}`,
      "!fc20",
    ],
  },
  {
    group: 14,
    shows: "last continuation octet missing",
    strings: "!c0 !e080 !f08080 !f8808080 !fc80808080 !df !efbf !f7bfbf !fbbfbfbf !fdbfbfbfbf".split(" "),
  },
  {
    group: 15,
    shows: "incomplete sequences in a row",
    strings: ["!c0 e080 f08080 f8808080 fc80808080 df efbf f7bfbf fbbfbfbf fdbfbfbfbf"],
  },
  { group: 16, shows: "octets that never are", strings: ["!fe", "!ff", "!fefeffff"] },
  { group: 17, shows: "overlong slash", strings: ["!c0af", "!e080af", "!f08080af", "!f8808080af", "!fc80808080af"] },
  { group: 18, shows: "largest overlong", strings: ["!c1bf", "!e09fbf", "!f08fbfbf", "!f887bfbfbf", "!fc83bfbfbfbf"] },
  { group: 19, shows: "overlong NUL", strings: ["!c080", "!e08080", "!f0808080", "!f880808080", "!fc8080808080"] },
  {
    group: 20,
    shows: "surrogate",
    strings: "!eda080 !edadbf !edae80 !edafbf !edb080 !edbe80 !edbfbf".split(" "),
  },
  {
    group: 21,
    shows: "pair of surrogates",
    strings: ["eda080", "edadbf", "edae80", "edafbf"].flatMap((high) => [`!${high} edb080`, `!${high} edbfbf`]),
  },
  { group: 22, shows: "noncharacter", strings: noncharacters() },
  { group: 23, shows: "special", strings: "efbfb9 efbfba efbfbb efbfbc efbfbd efbfbe efbfbf".split(" ") },
];

function octetsFrom(first: number, last: number, after = ""): string {
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i).toString(16) + after).join("");
}

/** U+FFFE and U+FFFF of every plane: valid UTF-8. */
function noncharacters(): string[] {
  return Array.from({ length: 17 }, (_, plane) => [0xfffe, 0xffff].map((last) => plane * 0x1_0000 + last))
    .flat()
    .map((character) => Buffer.from(String.fromCodePoint(character)).toString("hex"));
}
