/** A CommonJS program: `require()` takes the package on Node 20.19, 22.12 and later. */
const { pipe } = require("websocket-over/pipe");
const { connect, serve } = require("websocket-over/stream");

const [near, far] = pipe();
void serve([far], async (request) => {
  const session = await request.accept();
  for await (const message of session) await session.send(`you said ${message}`);
});
void connect(near).then(async (session) => {
  await session.send("hello");
  console.log(await session.receive());
  await session.close();
});
