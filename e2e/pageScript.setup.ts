/** Bundles the script that the fixtures put into pages, as the build does, because the tests run from the sources. */
import { bundlePageScript } from "../.ci/pageScript.mjs";

export default (): Promise<void> => bundlePageScript();
