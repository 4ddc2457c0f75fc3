/** For TypeDoc: finds a document by the words that its front matter has under `search`, as readers name the problem. */
import { IndexEvent } from "typedoc";

export function load({ renderer }) {
  renderer.on(IndexEvent.PREPARE_INDEX, ({ searchResults, searchFields, searchFieldWeights }) => {
    searchFieldWeights.problem = 20;
    for (const [i, { frontmatter }] of searchResults.entries()) {
      if (frontmatter?.search !== undefined) searchFields[i] = { ...searchFields[i], problem: frontmatter.search };
    }
  });
}
