/** What the linter holds: the strict, type-aware rules, and the direction of imports. */
import tseslint from "typescript-eslint";

export default tseslint.config(
  {
    ignores: [
      "**/dist/",
      "node_modules/",
      ".tools/",
      "eslint.config.js",
      "src/core/platform.d.ts",
      "src/transports/nodeModules.d.ts",
      "test/package/consumer/",
    ],
  },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { project: ["./tsconfig.json"] } },
    rules: {
      // Indices are checked by the loop around them; a branch that can't be taken would slow the reader down.
      "@typescript-eslint/no-non-null-assertion": "off",
      // Arguments are checked whatever their types say, since callers may be plain JavaScript.
      "@typescript-eslint/no-unnecessary-condition": "off",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/explicit-module-boundary-types": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/no-meaningless-void-operator": "off",
      "@typescript-eslint/no-empty-function": "off",
      // What a signal or a stream was given as its reason is passed on, whatever it is.
      "@typescript-eslint/prefer-promise-reject-errors": "off",
      eqeqeq: "error",
      "no-console": "error",
    },
  },
  // It puts itself in front of the platform's methods, and calls those with the objects that it was called with.
  { files: ["src/playwright/page/**"], rules: { "@typescript-eslint/unbound-method": "off" } },
  { files: ["**/*.mjs"], ...tseslint.configs.disableTypeChecked },
  { files: ["**/*.mjs"], rules: { "@typescript-eslint/explicit-module-boundary-types": "off" } },
  { files: ["test/**", "demo/tcp/**", "e2e/**", "examples/**", ".ci/**"], rules: { "no-console": "off" } },
);
