/** The lines of a handshake head (RFC 6455 §4) and their parts, explained in plain words. */
import { acceptSteps } from "./acceptSteps.ts";
import type { Annotation } from "./annotation.ts";
import { Annotator } from "./annotation.ts";
import { fieldsOf, linesOf } from "../decode/headDecoder.ts";
import { explainExtension, explainHeader, explainStatus } from "./headerWords.ts";
import type { HeadField, HeadRecord } from "../record.ts";

export function annotateHead(head: HeadRecord): Annotation[] {
  const annotator = new Annotator(head, head.bytes);
  const lines = linesOf(head.bytes);
  const [start] = lines;
  const leadingBlankLine = (end: number): Annotation => annotator.bytes(0, end, LEADING_BLANK_LINE);
  if (start === undefined) return head.bytes.length > 0 ? [leadingBlankLine(head.bytes.length)] : [];
  const line = head.message === "request" ? requestLine : statusLine;
  const fields = [line(head, annotator, start.start, start.end, start.text)];
  // An incomplete head has lines, but its fields have not been parsed yet.
  const headers = head.complete ? head.fields : fieldsOf(lines);
  for (const [i, field] of headers.entries()) fields.push(headerLine(head, annotator, field, lines[i + 1]!.end));
  if (start.start > 0) fields.unshift(leadingBlankLine(start.start));
  const end = lines.at(-1)!.end;
  if (end < head.bytes.length) {
    const explanation = "The end of the head. If the server has agreed, HTTP ends here.";
    fields.push(
      annotator.bytes(end, head.bytes.length, {
        ...BLANK_LINE,
        name: "blankLine",
        explanation,
        section: "RFC 9112 §2.1",
      }),
    );
  }
  return fields;
}

const BLANK_LINE = { label: "Blank line", value: "", display: "" };
const LEADING_BLANK_LINE = {
  ...BLANK_LINE,
  name: "leadingBlankLine",
  explanation: "An empty line before the request. A server ignores one of them.",
  section: "RFC 9112 §2.2",
};

function requestLine(_: HeadRecord, annotator: Annotator, start: number, end: number, text: string): Annotation {
  const parts = words(annotator, start, text, [
    {
      name: "method",
      label: "Method",
      explanation: "A WebSocket is always requested with GET.",
      section: "RFC 6455 §4.1",
    },
    {
      name: "target",
      label: "Target",
      explanation: "The path and the query of the URL, without the fragment.",
      section: "RFC 6455 §3",
    },
    {
      name: "httpVersion",
      label: "Version",
      explanation: "HTTP/1.1. HTTP/2 and HTTP/3 open a WebSocket in another way.",
      section: "RFC 6455 §4.1",
    },
  ]);
  const explanation =
    "The client asks over HTTP to switch to WebSocket, so that servers and proxies without WebSocket can refuse.";
  const given = { name: "startLine", label: "Request line", value: text, display: text, section: "RFC 6455 §4.1" };
  return annotator.bytes(start, end, { ...given, explanation }, parts);
}

function statusLine(head: HeadRecord, annotator: Annotator, start: number, end: number, text: string): Annotation {
  const parts = words(annotator, start, text, [
    { name: "httpVersion", label: "Version", explanation: "The response is HTTP/1.1.", section: "RFC 9112 §4" },
    { name: "status", label: "Status", explanation: explainStatus(head.status), section: "RFC 6455 §4.2.2" },
    {
      name: "statusText",
      label: "Reason",
      explanation: "The status in words, for people. Programs ignore it.",
      section: "RFC 9112 §4",
    },
  ]);
  const given = { name: "startLine", label: "Status line", value: text, display: text, section: "RFC 6455 §4.2.2" };
  return annotator.bytes(start, end, { ...given, explanation: explainStatus(head.status) }, parts);
}

function headerLine(head: HeadRecord, annotator: Annotator, field: HeadField, end: number): Annotation {
  const { name, key, value, start, valueStart } = field;
  const { explanation, section } = explainHeader(key);
  const parts: Annotation[] = [
    annotator.bytes(start, start + name.length, {
      name: "headerName",
      label: "Name",
      value: name,
      display: name,
      explanation: "Case does not matter.",
      section: "RFC 9110 §5.1",
    }),
  ];
  if (value !== "") {
    parts.push(
      annotator.bytes(valueStart, valueStart + value.length, {
        name: "headerValue",
        label: "Value",
        value,
        display: value,
        explanation: explainValue(head, key, value) ?? explanation,
        section,
      }),
    );
  }
  if (key === "sec-websocket-extensions") parts.push(...extensionParts(annotator, valueStart, value));
  const given = { name: `header.${key}`, label: name, value, display: value, explanation, section };
  return annotator.bytes(start, end, given, parts);
}

/** The explanation of this particular value; `undefined` if there is only a general one. */
function explainValue(head: HeadRecord, key: string, value: string): string | undefined {
  if (key === "sec-websocket-key") {
    return `The server must answer ${acceptSteps(value).at(-1)!.value}; see Sec-WebSocket-Accept for how it is computed.`;
  }
  if (key !== "sec-websocket-accept" || head.requestKey === undefined) return undefined;
  const right = acceptSteps(head.requestKey).at(-1)!.value;
  return value === right
    ? `Right: it matches the key ${head.requestKey}.`
    : `Wrong: the key ${head.requestKey} requires ${right}.`;
}

/** Each extension and each parameter, with its position. */
function extensionParts(annotator: Annotator, start: number, value: string): Annotation[] {
  return [...value.matchAll(/[^\s,;][^,;]*/g)].map((match) => {
    const text = match[0].trimEnd();
    const [name = ""] = text.split("=");
    const at = start + match.index;
    const isExtension = !value.slice(0, match.index).trimEnd().endsWith(";");
    const words = explainExtension(name.trim());
    const label = isExtension ? "Extension" : "Parameter";
    const given = { name: isExtension ? "extension" : "extensionParameter", label, value: text, display: text };
    return annotator.bytes(at, at + text.length, { ...given, ...words });
  });
}

/** The words of a line. The last one extends to the end of the line. */
function words(
  annotator: Annotator,
  start: number,
  text: string,
  given: readonly Pick<Annotation, "name" | "label" | "explanation" | "section">[],
): Annotation[] {
  const parts: Annotation[] = [];
  let at = 0;
  for (const [i, word] of given.entries()) {
    if (at >= text.length) break;
    const space = text.indexOf(" ", at);
    const end = space < 0 || i === given.length - 1 ? text.length : space;
    const value = text.slice(at, end);
    if (value !== "") parts.push(annotator.bytes(start + at, start + end, { ...word, value, display: value }));
    at = end + 1;
  }
  return parts;
}
