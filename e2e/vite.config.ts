/** The server of the pages under test: the playground's, without the features that reload a page during a test. */
import { mergeConfig, type Plugin } from "vite";
import playground from "../vite.config.ts";
import { builtPlayground } from "./builtPlayground.ts";

/** The strictest policy under which a page has scripts, for the chat and its workers, unless they ask for none. */
const strictChat: Plugin = {
  name: "strict-chat",
  configureServer({ middlewares }) {
    middlewares.use((request, response, next) => {
      const isStrict = request.url?.startsWith("/e2e/chat/") === true && !request.url.includes("policy=open");
      if (isStrict) response.setHeader("Content-Security-Policy", "default-src 'none'; script-src 'self'");
      next();
    });
  },
};

export default mergeConfig(playground, {
  plugins: [strictChat, builtPlayground()],
  server: { hmr: false, watch: null },
  optimizeDeps: { include: ["pako"] },
});
