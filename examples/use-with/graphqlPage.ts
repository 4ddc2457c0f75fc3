/** Both ends in one page, to try it. Between two pages the descriptions and candidates go through your signalling. */
import { buildSchema } from "graphql";
import { graphQLOver } from "./graphqlClient.ts";
import { serveGraphQL } from "./graphqlServer.ts";

const schema = buildSchema("type Query { greeting: String }");
schema.getQueryType()!.getFields().greeting!.resolve = () => "hello over WebRTC";

const near = new RTCPeerConnection();
const far = new RTCPeerConnection();
near.onicecandidate = ({ candidate }) => void far.addIceCandidate(candidate);
far.onicecandidate = ({ candidate }) => void near.addIceCandidate(candidate);

serveGraphQL(far, schema);
near.createDataChannel("any"); // an offer without a data channel could not carry one later
await near.setLocalDescription();
await far.setRemoteDescription(near.localDescription!);
await far.setLocalDescription();
await near.setRemoteDescription(far.localDescription!);

const client = graphQLOver(near);
for await (const { data } of client.iterate({ query: "{ greeting }" })) console.log(data?.greeting);
