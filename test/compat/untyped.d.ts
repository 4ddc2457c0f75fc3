/** Declarations for libraries without types, as far as the tests use them. */

declare module "phoenix" {
  interface SocketOptions {
    transport: unknown;
    reconnectAfterMs?: () => number;
    rejoinAfterMs?: () => number;
    heartbeatIntervalMs?: number;
  }
  interface Push {
    receive(status: "ok" | "error", callback: (response: unknown) => void): Push;
  }
  interface Channel {
    join(): Push;
    leave(): Push;
    push(event: string, payload: object): Push;
    on(event: string, callback: (payload: unknown) => void): number;
  }
  export class Socket {
    constructor(url: string, options: SocketOptions);
    connect(): void;
    disconnect(callback?: () => void, code?: number, reason?: string): void;
    channel(topic: string, parameters?: object): Channel;
    onOpen(callback: () => void): string;
    onClose(callback: (event: CloseEvent) => void): string;
    onError(callback: (error: unknown, transport: { name: string }, established: number) => void): string;
    endPointURL(): string;
    isConnected(): boolean;
  }
}

declare module "*/@novnc/novnc/core/websock.js" {
  export default class Websock {
    readonly readyState: "unused" | "connecting" | "open" | "closing" | "closed";
    attach(channel: WebSocket): void;
    on(event: "open" | "message" | "close" | "error", handler: (event?: Event) => void): void;
    rQlen(): number;
    rQshift8(): number;
    rQshift16(): number;
    rQshift32(): number;
    rQshiftStr(length: number): string;
    rQshiftBytes(length: number): Uint8Array;
    sQpush8(value: number): void;
    sQpush32(value: number): void;
    sQpushString(value: string): void;
    sQpushBytes(value: Uint8Array): void;
    flush(): void;
    close(): void;
  }
}

declare module "@novnc/novnc" {
  export default class RFB extends EventTarget {
    constructor(
      target: Element,
      /** Or an object in the shape of a WebSocket or an `RTCDataChannel`. */
      urlOrChannel: string | WebSocket | { readonly readyState: string; send(data: Uint8Array): void; close(): void },
      options?: { shared?: boolean; credentials?: object },
    );
    scaleViewport: boolean;
    sendCredentials(credentials: { password: string }): void;
    getImageData(): ImageData;
    sendKey(keysym: number, code: string | null, down?: boolean): void;
    clipboardPasteFrom(text: string): void;
    disconnect(): void;
  }
}
