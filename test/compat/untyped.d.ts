/** As much of Phoenix's client, which has no declarations of its own, as the tests touch. */
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
