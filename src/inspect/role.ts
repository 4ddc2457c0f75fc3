/** The two ends of a connection. */

export type Role = "client" | "server";

export function other(role: Role): Role {
  return role === "client" ? "server" : "client";
}
