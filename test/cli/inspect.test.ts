/** `websocket-over inspect`: the formats that it reads, and its words. */
import { describe, expect, test } from "vitest";
import { readInput } from "../../src/cli/captureInput.ts";
import { complaint } from "../../src/cli/failure.ts";
import { decode, recordVector, toHAR, toPcapng, type Role } from "../../src/inspect/index.ts";
import { WSConnection } from "../../src/index.ts";
import { BYTES } from "../inspect/import/packets.ts";
import { ascii, hex, toHex } from "../support/wire.ts";
import { oneLine, run } from "./command.ts";

const HELLO = "81 05 48 65 6c 6c 6f";

/** The bytes of each end that the input has. */
function read(text: string | Uint8Array, from?: Role): string[] {
  const bytes = typeof text === "string" ? ascii(text) : text;
  const { connections } = readInput(bytes, from);
  return connections.flatMap(({ streams: { client, server } }) => [toHex(client), toHex(server)]);
}

describe("hex dumps", () => {
  const masked = "81 85 37 fa 21 3d 7f 9f 4d 51 58";
  test.each([
    ["bare", HELLO],
    ["without spaces", "81054865 6c6c6f"],
    ["as an array of C", "0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f"],
    ["of xxd", "00000000: 8105 4865 6c6c 6f                        ..Hello\n"],
    ["of hexdump -C", "00000000  81 05 48 65 6c 6c 6f                              |..Hello|\n00000007\n"],
    ["of od -A x -t x1", "000000 81 05 48 65 6c 6c 6f\n000007\n"],
    ["of Wireshark", "0000   81 05 48 65 6c 6c 6f                              ..Hello\n"],
    ["in several lines", "81 05\n\n48 65 6c\r\n6c 6f\n"],
  ])("%s are read", (_, text) => {
    expect(read(text)).toEqual(["", HELLO]);
  });
  test("say whose bytes they are: by the mask, by a head, by marks, or by --from", () => {
    expect(read(masked)).toEqual([masked, ""]);
    expect(read(toHex(BYTES.client))).toEqual([toHex(BYTES.client), ""]);
    expect(read(toHex(BYTES.server))).toEqual(["", toHex(BYTES.server)]);
    expect(read(HELLO, "client")).toEqual([HELLO, ""]);
    expect(read(`> ${masked}\n< ${HELLO}\n>8a80\n00000000`)).toEqual([`${masked} 8a 80 00 00 00 00`, HELLO]);
  });
});

describe("other files", () => {
  test("HAR, pcapng and vectors have the bytes of both ends", () => {
    const capture = { role: "client", records: decode(BYTES) } as const;
    const both = [toHex(BYTES.client), toHex(BYTES.server)];
    expect(read(toPcapng(capture))).toEqual(both);
    expect(read(JSON.stringify(toHAR(capture)))[1]).toBe(both[1]);
    const options = { handshake: "none", masking: false } as const;
    const connection = new WSConnection("client", options);
    const recording = recordVector(connection, options);
    connection.receiveBytes(hex(HELLO));
    connection.sendData("hi");
    connection.bytesToSend();
    expect(read(JSON.stringify(recording.vector()))).toEqual(["81 02 68 69", HELLO]);
  });
  test.each([
    ["nothing", "", "there are no bytes in it"],
    ["prose", "hello world", "it is neither a capture, nor a HAR, a vector, or a hex dump: line 1"],
    ["a dump with an odd digit", `${HELLO}\n8`, "the hex dump breaks off: line 2"],
    ["broken JSON", "{", "it looks like JSON, but is none"],
    ["other JSON", '{"a":1}', "it is JSON, but neither a HAR nor a vector"],
    ["a malformed vector", '{"format":"websocket-over vector"}', "the vector is malformed"],
  ])("%s is refused in words", (_, text, message) => {
    let said = "";
    try {
      read(text);
    } catch (error) {
      said = complaint(error);
    }
    expect(said).toContain(message);
  });
});

describe("the command", () => {
  test("explains each frame, names broken rules, and fails if there are any", async () => {
    const { status, stdout, stderr } = await run(["inspect", "-", "--from", "server"], `${HELLO} 89 80 00 00 00 00`);
    expect(stderr).toBe("");
    expect(stdout).toContain('server → client  text, 5 bytes: "Hello"');
    expect(stdout).toMatch(/^ {2}Opcode +0x1 text +Text, which must be UTF-8/m);
    expect(stdout).toContain("broken rule: frame from the server is masked (RFC 6455 §5.1)");
    expect(stdout).toContain("2 records, 1 broken rules");
    expect(stdout).not.toContain("\x1b");
    expect(status).toBe(1);
  });
  test("--json prints the records with their fields", async () => {
    const { status, stdout } = await run(["inspect", "-", "--json"], HELLO);
    expect(status).toBe(0);
    const [connection] = JSON.parse(stdout) as { records: { sender: string; fields: object[] }[] }[];
    expect(connection!.records[0]).toMatchObject({ kind: "frame", sender: "server", violations: [] });
    expect(connection!.records[0]!.fields[0]).toMatchObject({ name: "fin", bit: 0, bits: 1, value: true, bytes: "81" });
  });
  test("says in one line what it can't read", async () => {
    const missing = await run(["inspect", "/no/such/file"]);
    expect(missing).toMatchObject({ status: 1, stdout: "" });
    expect(missing.stderr).toMatch(oneLine(/\/no\/such\/file: there is no such file/));
    const prose = await run(["inspect", "-"], "prose");
    expect(prose.status).toBe(1);
    expect(prose.stderr).toMatch(oneLine(/standard input: it is neither/));
  });
});
