import { Ci as GraphQLError, G as getOperationAST, Oi as versionInfo, P as execute, V as subscribe, q as validate, sn as parse } from "./__dev__-DOkRhmwV.js";
// ../main/node_modules/graphql-ws/dist/common-CGW11Fyb.js
function extendedTypeof(val) {
	if (val === null) return "null";
	if (Array.isArray(val)) return "array";
	return typeof val;
}
function isObject(val) {
	return extendedTypeof(val) === "object";
}
function isAsyncIterable(val) {
	return typeof Object(val)[Symbol.asyncIterator] === "function";
}
function isAsyncGenerator(val) {
	return isObject(val) && typeof Object(val)[Symbol.asyncIterator] === "function" && typeof val.return === "function";
}
function areGraphQLFormattedErrors(obj) {
	return Array.isArray(obj) && obj.length > 0 && obj.every((ob) => "message" in ob);
}
function limitCloseReason(reason, whenTooLong) {
	return reason.length < 124 ? reason : whenTooLong;
}
var GRAPHQL_TRANSPORT_WS_PROTOCOL = "graphql-transport-ws";
var DEPRECATED_GRAPHQL_WS_PROTOCOL = "graphql-ws";
var CloseCode = /* @__PURE__ */ ((CloseCode2) => {
	CloseCode2[CloseCode2["InternalServerError"] = 4500] = "InternalServerError";
	CloseCode2[CloseCode2["InternalClientError"] = 4005] = "InternalClientError";
	CloseCode2[CloseCode2["BadRequest"] = 4400] = "BadRequest";
	CloseCode2[CloseCode2["BadResponse"] = 4004] = "BadResponse";
	CloseCode2[CloseCode2["Unauthorized"] = 4401] = "Unauthorized";
	CloseCode2[CloseCode2["Forbidden"] = 4403] = "Forbidden";
	CloseCode2[CloseCode2["SubprotocolNotAcceptable"] = 4406] = "SubprotocolNotAcceptable";
	CloseCode2[CloseCode2["ConnectionInitialisationTimeout"] = 4408] = "ConnectionInitialisationTimeout";
	CloseCode2[CloseCode2["ConnectionAcknowledgementTimeout"] = 4504] = "ConnectionAcknowledgementTimeout";
	CloseCode2[CloseCode2["SubscriberAlreadyExists"] = 4409] = "SubscriberAlreadyExists";
	CloseCode2[CloseCode2["TooManyInitialisationRequests"] = 4429] = "TooManyInitialisationRequests";
	return CloseCode2;
})(CloseCode || {});
var MessageType = /* @__PURE__ */ ((MessageType2) => {
	MessageType2["ConnectionInit"] = "connection_init";
	MessageType2["ConnectionAck"] = "connection_ack";
	MessageType2["Ping"] = "ping";
	MessageType2["Pong"] = "pong";
	MessageType2["Subscribe"] = "subscribe";
	MessageType2["Next"] = "next";
	MessageType2["Error"] = "error";
	MessageType2["Complete"] = "complete";
	return MessageType2;
})(MessageType || {});
function validateMessage(val) {
	if (!isObject(val)) throw new Error(`Message is expected to be an object, but got ${extendedTypeof(val)}`);
	if (!val.type) throw new Error(`Message is missing the 'type' property`);
	if (typeof val.type !== "string") throw new Error(`Message is expects the 'type' property to be a string, but got ${extendedTypeof(val.type)}`);
	switch (val.type) {
		case "connection_init":
		case "connection_ack":
		case "ping":
		case "pong":
			if (val.payload != null && !isObject(val.payload)) throw new Error(`"${val.type}" message expects the 'payload' property to be an object or nullish or missing, but got "${val.payload}"`);
			break;
		case "subscribe":
			if (typeof val.id !== "string") throw new Error(`"${val.type}" message expects the 'id' property to be a string, but got ${extendedTypeof(val.id)}`);
			if (!val.id) throw new Error(`"${val.type}" message requires a non-empty 'id' property`);
			if (!isObject(val.payload)) throw new Error(`"${val.type}" message expects the 'payload' property to be an object, but got ${extendedTypeof(val.payload)}`);
			if (typeof val.payload.query !== "string") throw new Error(`"${val.type}" message payload expects the 'query' property to be a string, but got ${extendedTypeof(val.payload.query)}`);
			if (val.payload.variables != null && !isObject(val.payload.variables)) throw new Error(`"${val.type}" message payload expects the 'variables' property to be a an object or nullish or missing, but got ${extendedTypeof(val.payload.variables)}`);
			if (val.payload.operationName != null && extendedTypeof(val.payload.operationName) !== "string") throw new Error(`"${val.type}" message payload expects the 'operationName' property to be a string or nullish or missing, but got ${extendedTypeof(val.payload.operationName)}`);
			if (val.payload.extensions != null && !isObject(val.payload.extensions)) throw new Error(`"${val.type}" message payload expects the 'extensions' property to be a an object or nullish or missing, but got ${extendedTypeof(val.payload.extensions)}`);
			break;
		case "next":
			if (typeof val.id !== "string") throw new Error(`"${val.type}" message expects the 'id' property to be a string, but got ${extendedTypeof(val.id)}`);
			if (!val.id) throw new Error(`"${val.type}" message requires a non-empty 'id' property`);
			if (!isObject(val.payload)) throw new Error(`"${val.type}" message expects the 'payload' property to be an object, but got ${extendedTypeof(val.payload)}`);
			break;
		case "error":
			if (typeof val.id !== "string") throw new Error(`"${val.type}" message expects the 'id' property to be a string, but got ${extendedTypeof(val.id)}`);
			if (!val.id) throw new Error(`"${val.type}" message requires a non-empty 'id' property`);
			if (!areGraphQLFormattedErrors(val.payload)) throw new Error(`"${val.type}" message expects the 'payload' property to be an array of GraphQL errors, but got ${JSON.stringify(val.payload)}`);
			break;
		case "complete":
			if (typeof val.id !== "string") throw new Error(`"${val.type}" message expects the 'id' property to be a string, but got ${extendedTypeof(val.id)}`);
			if (!val.id) throw new Error(`"${val.type}" message requires a non-empty 'id' property`);
			break;
		default: throw new Error(`Invalid message 'type' property "${val.type}"`);
	}
	return val;
}
function parseMessage(data, reviver) {
	return validateMessage(typeof data === "string" ? JSON.parse(data, reviver) : data);
}
function stringifyMessage(msg, replacer) {
	validateMessage(msg);
	return JSON.stringify(msg, replacer);
}
// ../main/node_modules/graphql-ws/dist/server-zBhvXJ_Z.js
function makeServer(options) {
	const { schema, context, roots, parse: parse$1, validate: validate$1, execute: execute$1, subscribe: subscribe$1, connectionInitWaitTimeout = 3e3, onConnect, onDisconnect, onPing, onPong, onClose, onSubscribe, onOperation, onNext, onError, onComplete, jsonMessageReviver: reviver, jsonMessageReplacer: replacer } = options;
	return { opened(socket, extra) {
		const ctx = {
			connectionInitReceived: false,
			acknowledged: false,
			subscriptions: /* @__PURE__ */ Object.create(null),
			extra
		};
		if (socket.protocol !== "graphql-transport-ws") {
			socket.close(CloseCode.SubprotocolNotAcceptable, "Subprotocol not acceptable");
			return async (code, reason) => {
				await onClose?.(ctx, code, reason);
			};
		}
		const connectionInitWait = connectionInitWaitTimeout > 0 && isFinite(connectionInitWaitTimeout) ? setTimeout(() => {
			if (!ctx.connectionInitReceived) socket.close(CloseCode.ConnectionInitialisationTimeout, "Connection initialisation timeout");
		}, connectionInitWaitTimeout) : null;
		socket.onMessage(async function onMessage(data) {
			let message;
			try {
				message = parseMessage(data, reviver);
			} catch (err) {
				return socket.close(CloseCode.BadRequest, "Invalid message received");
			}
			switch (message.type) {
				case MessageType.ConnectionInit: {
					if (ctx.connectionInitReceived) return socket.close(CloseCode.TooManyInitialisationRequests, "Too many initialisation requests");
					ctx.connectionInitReceived = true;
					if (isObject(message.payload)) ctx.connectionParams = message.payload;
					const permittedOrPayload = await onConnect?.(ctx);
					if (permittedOrPayload === false) return socket.close(CloseCode.Forbidden, "Forbidden");
					ctx.acknowledged = true;
					await socket.send(stringifyMessage(isObject(permittedOrPayload) ? {
						type: MessageType.ConnectionAck,
						payload: permittedOrPayload
					} : { type: MessageType.ConnectionAck }, replacer));
					return;
				}
				case MessageType.Ping:
					await onPing?.(ctx, message.payload);
					if (socket.onPing) return await socket.onPing(message.payload);
					await socket.send(stringifyMessage(message.payload ? {
						type: MessageType.Pong,
						payload: message.payload
					} : { type: MessageType.Pong }, replacer));
					return;
				case MessageType.Pong:
					await onPong?.(ctx, message.payload);
					return await socket.onPong?.(message.payload);
				case MessageType.Subscribe: {
					if (!ctx.acknowledged) return socket.close(CloseCode.Unauthorized, "Unauthorized");
					const { id, payload } = message;
					if (id in ctx.subscriptions) return socket.close(CloseCode.SubscriberAlreadyExists, `Subscriber for ${id} already exists`);
					ctx.subscriptions[id] = null;
					const emit = {
						next: async (result, { id: id2, payload: payload2 }, args) => {
							const { errors, ...resultWithoutErrors } = result;
							const maybeResult = await onNext?.(ctx, id2, payload2, args, result);
							await socket.send(stringifyMessage({
								id: id2,
								type: MessageType.Next,
								payload: maybeResult || {
									...resultWithoutErrors,
									...errors ? { errors: errors.map((e) => e.toJSON()) } : {}
								}
							}, replacer));
						},
						error: async (errors, { id: id2, payload: payload2 }) => {
							const maybeErrors = await onError?.(ctx, id2, payload2, errors);
							await socket.send(stringifyMessage({
								id: id2,
								type: MessageType.Error,
								payload: maybeErrors || errors.map((e) => e.toJSON())
							}, replacer));
						},
						complete: async (notifyClient, { id: id2, payload: payload2 }) => {
							await onComplete?.(ctx, id2, payload2);
							if (notifyClient) await socket.send(stringifyMessage({
								id: id2,
								type: MessageType.Complete
							}, replacer));
						}
					};
					try {
						let execArgs;
						const maybeExecArgsOrErrors = await onSubscribe?.(ctx, message.id, message.payload);
						if (maybeExecArgsOrErrors) {
							if (areGraphQLErrors(maybeExecArgsOrErrors)) return id in ctx.subscriptions ? await emit.error(maybeExecArgsOrErrors, message) : void 0;
							else if (Array.isArray(maybeExecArgsOrErrors)) throw new Error("Invalid return value from onSubscribe hook, expected an array of GraphQLError objects");
							execArgs = maybeExecArgsOrErrors;
						} else {
							if (!schema) throw new Error("The GraphQL schema is not provided");
							const args = {
								operationName: payload.operationName,
								document: (parse$1 ?? parse)(payload.query),
								variableValues: payload.variables
							};
							execArgs = {
								...args,
								schema: typeof schema === "function" ? await schema(ctx, id, payload, args) : schema
							};
							const validationErrors = (validate$1 ?? validate)(execArgs.schema, execArgs.document);
							if (validationErrors.length > 0) return id in ctx.subscriptions ? await emit.error(validationErrors, message) : void 0;
						}
						const operationAST = getOperationAST(execArgs.document, execArgs.operationName);
						if (!operationAST) return id in ctx.subscriptions ? await emit.error([new GraphQLError("Unable to identify operation")], message) : void 0;
						if (!("rootValue" in execArgs)) execArgs.rootValue = roots?.[operationAST.operation];
						if (!("contextValue" in execArgs)) execArgs.contextValue = typeof context === "function" ? await context(ctx, id, payload, execArgs) : context;
						let operationResult;
						if (operationAST.operation === "subscription") operationResult = await (subscribe$1 ?? subscribe)(execArgs);
						else operationResult = await (execute$1 ?? execute)(execArgs);
						const maybeResult = await onOperation?.(ctx, id, payload, execArgs, operationResult);
						if (maybeResult) operationResult = maybeResult;
						if (isAsyncIterable(operationResult)) {
							if (!(id in ctx.subscriptions)) {
								if (isAsyncGenerator(operationResult)) operationResult.return(void 0);
							} else {
								ctx.subscriptions[id] = operationResult;
								try {
									for await (const result of operationResult) await emit.next(result, message, execArgs);
								} catch (err) {
									const originalError = err instanceof Error ? err : new Error(String(err));
									await emit.error([versionInfo.major >= 17 ? new GraphQLError(originalError.message, { cause: originalError }) : versionInfo.major >= 16 ? new GraphQLError(originalError.message, { originalError }) : new GraphQLError(originalError.message, null, null, null, null, originalError)], message);
									delete ctx.subscriptions[id];
								}
							}
						} else if (id in ctx.subscriptions) await emit.next(operationResult, message, execArgs);
						await emit.complete(id in ctx.subscriptions, message);
					} finally {
						delete ctx.subscriptions[id];
					}
					return;
				}
				case MessageType.Complete: {
					const subscription = ctx.subscriptions[message.id];
					delete ctx.subscriptions[message.id];
					if (isAsyncGenerator(subscription)) await subscription.return(void 0);
					return;
				}
				default: throw new Error(`Unexpected message of type ${message.type} received`);
			}
		});
		return async (code, reason) => {
			if (connectionInitWait) clearTimeout(connectionInitWait);
			const subs = { ...ctx.subscriptions };
			ctx.subscriptions = /* @__PURE__ */ Object.create(null);
			await Promise.all(Object.values(subs).filter(isAsyncGenerator).map((sub) => sub.return(void 0)));
			if (ctx.acknowledged) await onDisconnect?.(ctx, code, reason);
			await onClose?.(ctx, code, reason);
		};
	} };
}
function handleProtocols(protocols) {
	switch (true) {
		case protocols instanceof Set && protocols.has("graphql-transport-ws"):
		case Array.isArray(protocols) && protocols.includes("graphql-transport-ws"):
		case typeof protocols === "string" && protocols.split(",").map((p) => p.trim()).includes("graphql-transport-ws"): return GRAPHQL_TRANSPORT_WS_PROTOCOL;
		default: return false;
	}
}
function areGraphQLErrors(obj) {
	return Array.isArray(obj) && obj.length > 0 && obj.every((ob) => ob instanceof GraphQLError);
}
export { DEPRECATED_GRAPHQL_WS_PROTOCOL as a, isObject as c, stringifyMessage as d, validateMessage as f, CloseCode as i, limitCloseReason as l, handleProtocols as n, GRAPHQL_TRANSPORT_WS_PROTOCOL as o, makeServer as r, MessageType as s, areGraphQLErrors as t, parseMessage as u };
