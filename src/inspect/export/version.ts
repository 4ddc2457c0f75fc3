/** Which version of the library wrote an export. A test holds it to that of the package. */

export const version = "0.1.0";
