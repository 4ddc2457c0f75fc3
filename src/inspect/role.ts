/** Which end of a connection a record, a tap or a recording is about. */

/** The two ends of a connection, as {@link decode} and {@link tap} name them. */
export type Role = "client" | "server";

export function other(role: Role): Role {
  return role === "client" ? "server" : "client";
}
