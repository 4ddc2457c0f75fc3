/** Puts the playground into the page. */
import { render } from "preact";
import { Playground } from "./components/playground.tsx";

render(<Playground />, document.getElementById("playground")!);
