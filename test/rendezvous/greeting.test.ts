/** The six digits: the same at both ends, and different if somebody is between them. */
import { describe, expect, test } from "vitest";
import { Greeting } from "../../src/rendezvous/greeting.ts";

const [A, B, M] = ["sha-256 aa:aa", "sha-256 bb:bb", "sha-256 cc:cc"] as const;
const nonce = (digit: string): string => digit.repeat(32);

/** Carries what each says to the other, until nobody says more. Returns the faults. */
function converse(one: Greeting, two: Greeting): (string | undefined)[] {
  const faults: (string | undefined)[] = [];
  const onTheirWay: [text: string, to: Greeting, back: Greeting][] = [
    [one.begin(), two, one],
    [two.begin(), one, two],
  ];
  for (const [text, to, back] of onTheirWay) {
    const { say, fault } = to.hear(text);
    if (fault !== undefined) faults.push(fault);
    for (const answer of say) onTheirWay.push([answer, back, to]);
  }
  return faults;
}

describe("two that greet each other", () => {
  test("come to the same digits, whoever begins", () => {
    const [one, two] = [new Greeting(A, B, nonce("1")), new Greeting(B, A, nonce("2"))];
    expect(converse(one, two)).toEqual([]);
    expect(one.digits).toMatch(/^\d{3} \d{3}$/);
    expect(one.digits).toBe(two.digits);
    const [three, four] = [new Greeting(B, A, nonce("2")), new Greeting(A, B, nonce("1"))];
    converse(three, four);
    expect(three.digits).toBe(one.digits);
  });
  test("do so if what was said first was dropped, and is repeated", () => {
    const [one, two] = [new Greeting(A, B, nonce("1")), new Greeting(B, A, nonce("2"))];
    one.hear(`nonce ${nonce("2")}`);
    expect(one.digits).toBeUndefined();
    expect(converse(one, two)).toEqual([]);
    expect(one.digits).toBe(two.digits);
  });
  test("do not reveal their number before the other one has committed itself", () => {
    const one = new Greeting(A, B, nonce("1"));
    expect(one.begin()).toMatch(/^commit [0-9a-f]{64}$/);
    expect(one.hear(`nonce ${nonce("2")}`).say).toEqual([]);
    expect(one.hear(new Greeting(B, A, nonce("2")).begin()).say).toEqual([`nonce ${nonce("1")}`]);
  });
  test("see a relay between them: the digits differ, or the greeting fails if it passes theirs on", () => {
    const [one, two] = [new Greeting(A, M, nonce("1")), new Greeting(B, M, nonce("2"))];
    converse(one, new Greeting(M, A, nonce("3")));
    converse(two, new Greeting(M, B, nonce("3")));
    expect(one.digits).toMatch(/^\d{3} \d{3}$/);
    expect(one.digits).not.toBe(two.digits);
    const passedOn = converse(new Greeting(A, M, nonce("1")), new Greeting(B, M, nonce("2")));
    expect(passedOn).toContain("the peer's greeting breaks the rules");
  });
});

test.each([
  ["another number than the one committed to", [new Greeting(B, A, nonce("2")).begin(), `nonce ${nonce("4")}`]],
  ["a second commitment", [new Greeting(B, A, nonce("2")).begin(), new Greeting(B, A, nonce("4")).begin()]],
  ["a number that is too short", ["nonce 12"]],
  ["something else", ["hello"]],
  ["the same for ever", Array<string>(1001).fill(new Greeting(B, A, nonce("2")).begin())],
])("%s is a fault", (_, texts) => {
  const one = new Greeting(A, B, nonce("1"));
  const faults = texts.map((text) => one.hear(text).fault);
  expect(faults.at(-1)).toBe("the peer's greeting breaks the rules");
  expect(faults.slice(0, -1).filter((fault) => fault !== undefined)).toEqual([]);
  expect(one.digits).toBeUndefined();
});
