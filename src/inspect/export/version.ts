/** The library version named in exports. A test checks that it matches the package. */

export const version = "0.1.0";
