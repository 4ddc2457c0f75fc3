/** The two ends of a connection. */

/** @see {@link decode} */
export type Role = "client" | "server";

export function other(role: Role): Role {
  return role === "client" ? "server" : "client";
}
