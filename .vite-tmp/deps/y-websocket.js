import { $t as isNode, Qt as toBase64, Xt as createUint8ArrayFromArrayBuffer, Zt as fromBase64, an as getUnixTime, cn as setIfUndefined, en as equalityDeep, in as varStorage, ln as create, nn as offChange, on as Observable, rn as onChange, sn as ObservableV2, tn as map } from "./yjs-BuXjgFw3.js";
import { L as writeVarString, R as writeVarUint, d as createEncoder, et as floor, it as pow, m as length, rt as min, y as toUint8Array, z as writeVarUint8Array } from "./encoding-DYpGWVfw.js";
import { F as readVarString, I as readVarUint, L as readVarUint8Array, f as createDecoder } from "./decoding-Z4wrqKfk.js";
import { readSyncMessage, writeSyncStep1, writeSyncStep2, writeUpdate } from "./y-protocols_sync.js";
// ../main/node_modules/lib0/broadcastchannel.js
/**
* Helpers for cross-tab communication using broadcastchannel with LocalStorage fallback.
*
* ```js
* // In browser window A:
* broadcastchannel.subscribe('my events', data => console.log(data))
* broadcastchannel.publish('my events', 'Hello world!') // => A: 'Hello world!' fires synchronously in same tab
*
* // In browser window B:
* broadcastchannel.publish('my events', 'hello from tab B') // => A: 'hello from tab B'
* ```
*
* @module broadcastchannel
*/
/**
* @typedef {Object} Channel
* @property {Set<function(any, any):any>} Channel.subs
* @property {any} Channel.bc
*/
/**
* @type {Map<string, Channel>}
*/
var channels = /* @__PURE__ */ new Map();
/* c8 ignore start */
var LocalStoragePolyfill = class {
	/**
	* @param {string} room
	*/
	constructor(room) {
		this.room = room;
		/**
		* @type {null|function({data:Uint8Array}):void}
		*/
		this.onmessage = null;
		/**
		* @param {any} e
		*/
		this._onChange = (e) => e.key === room && this.onmessage !== null && this.onmessage({ data: fromBase64(e.newValue || "") });
		onChange(this._onChange);
	}
	/**
	* @param {ArrayBuffer} buf
	*/
	postMessage(buf) {
		varStorage.setItem(this.room, toBase64(createUint8ArrayFromArrayBuffer(buf)));
	}
	close() {
		offChange(this._onChange);
	}
};
/* c8 ignore stop */
/* c8 ignore next */
var BC = typeof BroadcastChannel === "undefined" ? LocalStoragePolyfill : BroadcastChannel;
/**
* @param {string} room
* @return {Channel}
*/
var getChannel = (room) => setIfUndefined(channels, room, () => {
	const subs = create();
	const bc = new BC(room);
	/**
	* @param {{data:ArrayBuffer}} e
	*/
	/* c8 ignore next */
	bc.onmessage = (e) => subs.forEach((sub) => sub(e.data, "broadcastchannel"));
	return {
		bc,
		subs
	};
});
/**
* Subscribe to global `publish` events.
*
* @function
* @param {string} room
* @param {function(any, any):any} f
*/
var subscribe = (room, f) => {
	getChannel(room).subs.add(f);
	return f;
};
/**
* Unsubscribe from `publish` global events.
*
* @function
* @param {string} room
* @param {function(any, any):any} f
*/
var unsubscribe = (room, f) => {
	const channel = getChannel(room);
	const unsubscribed = channel.subs.delete(f);
	if (unsubscribed && channel.subs.size === 0) {
		channel.bc.close();
		channels.delete(room);
	}
	return unsubscribed;
};
/**
* Publish data to all subscribers (including subscribers on this tab)
*
* @function
* @param {string} room
* @param {any} data
* @param {any} [origin]
*/
var publish = (room, data, origin = null) => {
	const c = getChannel(room);
	c.bc.postMessage(data);
	c.subs.forEach((sub) => sub(data, origin));
};
/**
* @callback PermissionDeniedHandler
* @param {any} y
* @param {string} reason
*/
/**
*
* @param {decoding.Decoder} decoder
* @param {Y.Doc} y
* @param {PermissionDeniedHandler} permissionDeniedHandler
*/
var readAuthMessage = (decoder, y, permissionDeniedHandler) => {
	switch (readVarUint(decoder)) {
		case 0: permissionDeniedHandler(y, readVarString(decoder));
	}
};
// ../main/node_modules/y-protocols/awareness.js
/**
* @module awareness-protocol
*/
var outdatedTimeout = 3e4;
/**
* @typedef {Object} MetaClientState
* @property {number} MetaClientState.clock
* @property {number} MetaClientState.lastUpdated unix timestamp
*/
/**
* The Awareness class implements a simple shared state protocol that can be used for non-persistent data like awareness information
* (cursor, username, status, ..). Each client can update its own local state and listen to state changes of
* remote clients. Every client may set a state of a remote peer to `null` to mark the client as offline.
*
* Each client is identified by a unique client id (something we borrow from `doc.clientID`). A client can override
* its own state by propagating a message with an increasing timestamp (`clock`). If such a message is received, it is
* applied if the known state of that client is older than the new state (`clock < newClock`). If a client thinks that
* a remote client is offline, it may propagate a message with
* `{ clock: currentClientClock, state: null, client: remoteClient }`. If such a
* message is received, and the known clock of that client equals the received clock, it will override the state with `null`.
*
* Before a client disconnects, it should propagate a `null` state with an updated clock.
*
* Awareness states must be updated every 30 seconds. Otherwise the Awareness instance will delete the client state.
*
* @extends {Observable<string>}
*/
var Awareness = class extends Observable {
	/**
	* @param {Y.Doc} doc
	*/
	constructor(doc) {
		super();
		this.doc = doc;
		/**
		* @type {number}
		*/
		this.clientID = doc.clientID;
		/**
		* Maps from client id to client state
		* @type {Map<number, Object<string, any>>}
		*/
		this.states = /* @__PURE__ */ new Map();
		/**
		* @type {Map<number, MetaClientState>}
		*/
		this.meta = /* @__PURE__ */ new Map();
		this._checkInterval = setInterval(() => {
			const now = getUnixTime();
			if (this.getLocalState() !== null && 15e3 <= now - this.meta.get(this.clientID).lastUpdated) this.setLocalState(this.getLocalState());
			/**
			* @type {Array<number>}
			*/
			const remove = [];
			this.meta.forEach((meta, clientid) => {
				if (clientid !== this.clientID && 3e4 <= now - meta.lastUpdated && this.states.has(clientid)) remove.push(clientid);
			});
			if (remove.length > 0) removeAwarenessStates(this, remove, "timeout");
		}, floor(outdatedTimeout / 10));
		doc.on("destroy", () => {
			this.destroy();
		});
		this.setLocalState({});
	}
	destroy() {
		this.emit("destroy", [this]);
		this.setLocalState(null);
		super.destroy();
		clearInterval(this._checkInterval);
	}
	/**
	* @return {Object<string,any>|null}
	*/
	getLocalState() {
		return this.states.get(this.clientID) || null;
	}
	/**
	* @param {Object<string,any>|null} state
	*/
	setLocalState(state) {
		const clientID = this.clientID;
		const currLocalMeta = this.meta.get(clientID);
		const clock = currLocalMeta === void 0 ? 0 : currLocalMeta.clock + 1;
		const prevState = this.states.get(clientID);
		if (state === null) this.states.delete(clientID);
		else this.states.set(clientID, state);
		this.meta.set(clientID, {
			clock,
			lastUpdated: getUnixTime()
		});
		const added = [];
		const updated = [];
		const filteredUpdated = [];
		const removed = [];
		if (state === null) removed.push(clientID);
		else if (prevState == null) {
			if (state != null) added.push(clientID);
		} else {
			updated.push(clientID);
			if (!equalityDeep(prevState, state)) filteredUpdated.push(clientID);
		}
		if (added.length > 0 || filteredUpdated.length > 0 || removed.length > 0) this.emit("change", [{
			added,
			updated: filteredUpdated,
			removed
		}, "local"]);
		this.emit("update", [{
			added,
			updated,
			removed
		}, "local"]);
	}
	/**
	* @param {string} field
	* @param {any} value
	*/
	setLocalStateField(field, value) {
		const state = this.getLocalState();
		if (state !== null) this.setLocalState({
			...state,
			[field]: value
		});
	}
	/**
	* @return {Map<number,Object<string,any>>}
	*/
	getStates() {
		return this.states;
	}
};
/**
* Mark (remote) clients as inactive and remove them from the list of active peers.
* This change will be propagated to remote clients.
*
* @param {Awareness} awareness
* @param {Array<number>} clients
* @param {any} origin
*/
var removeAwarenessStates = (awareness, clients, origin) => {
	const removed = [];
	for (let i = 0; i < clients.length; i++) {
		const clientID = clients[i];
		if (awareness.states.has(clientID)) {
			awareness.states.delete(clientID);
			if (clientID === awareness.clientID) {
				const curMeta = awareness.meta.get(clientID);
				awareness.meta.set(clientID, {
					clock: curMeta.clock + 1,
					lastUpdated: getUnixTime()
				});
			}
			removed.push(clientID);
		}
	}
	if (removed.length > 0) {
		awareness.emit("change", [{
			added: [],
			updated: [],
			removed
		}, origin]);
		awareness.emit("update", [{
			added: [],
			updated: [],
			removed
		}, origin]);
	}
};
/**
* @param {Awareness} awareness
* @param {Array<number>} clients
* @return {Uint8Array}
*/
var encodeAwarenessUpdate = (awareness, clients, states = awareness.states) => {
	const len = clients.length;
	const encoder = createEncoder();
	writeVarUint(encoder, len);
	for (let i = 0; i < len; i++) {
		const clientID = clients[i];
		const state = states.get(clientID) || null;
		const clock = awareness.meta.get(clientID).clock;
		writeVarUint(encoder, clientID);
		writeVarUint(encoder, clock);
		writeVarString(encoder, JSON.stringify(state));
	}
	return toUint8Array(encoder);
};
/**
* @param {Awareness} awareness
* @param {Uint8Array} update
* @param {any} origin This will be added to the emitted change event
*/
var applyAwarenessUpdate = (awareness, update, origin) => {
	const decoder = createDecoder(update);
	const timestamp = getUnixTime();
	const added = [];
	const updated = [];
	const filteredUpdated = [];
	const removed = [];
	const len = readVarUint(decoder);
	for (let i = 0; i < len; i++) {
		const clientID = readVarUint(decoder);
		let clock = readVarUint(decoder);
		const state = JSON.parse(readVarString(decoder));
		const clientMeta = awareness.meta.get(clientID);
		const prevState = awareness.states.get(clientID);
		const currClock = clientMeta === void 0 ? 0 : clientMeta.clock;
		if (currClock < clock || currClock === clock && state === null && awareness.states.has(clientID)) {
			if (state === null) {
				if (clientID === awareness.clientID && awareness.getLocalState() != null) clock++;
				else awareness.states.delete(clientID);
			} else awareness.states.set(clientID, state);
			awareness.meta.set(clientID, {
				clock,
				lastUpdated: timestamp
			});
			if (clientMeta === void 0 && state !== null) added.push(clientID);
			else if (clientMeta !== void 0 && state === null) removed.push(clientID);
			else if (state !== null) {
				if (!equalityDeep(state, prevState)) filteredUpdated.push(clientID);
				updated.push(clientID);
			}
		}
	}
	if (added.length > 0 || filteredUpdated.length > 0 || removed.length > 0) awareness.emit("change", [{
		added,
		updated: filteredUpdated,
		removed
	}, origin]);
	if (added.length > 0 || updated.length > 0 || removed.length > 0) awareness.emit("update", [{
		added,
		updated,
		removed
	}, origin]);
};
// ../main/node_modules/lib0/url.js
/**
* Utility module to work with urls.
*
* @module url
*/
/**
* @param {Object<string,string>} params
* @return {string}
*/
var encodeQueryParams = (params) => map(params, (val, key) => `${encodeURIComponent(key)}=${encodeURIComponent(val)}`).join("&");
// ../main/node_modules/y-websocket/src/y-websocket.js
var messageSync = 0;
var messageQueryAwareness = 3;
var messageAwareness = 1;
var messageAuth = 2;
/**
*                       encoder,          decoder,          provider,          emitSynced, messageType
* @type {Array<function(encoding.Encoder, decoding.Decoder, WebsocketProvider, boolean,    number):void>}
*/
var messageHandlers = [];
messageHandlers[0] = (encoder, decoder, provider, emitSynced, _messageType) => {
	writeVarUint(encoder, 0);
	const syncMessageType = readSyncMessage(decoder, encoder, provider.doc, provider);
	if (emitSynced && syncMessageType === 1 && !provider.synced) provider.synced = true;
};
messageHandlers[3] = (encoder, _decoder, provider, _emitSynced, _messageType) => {
	writeVarUint(encoder, 1);
	writeVarUint8Array(encoder, encodeAwarenessUpdate(provider.awareness, Array.from(provider.awareness.getStates().keys())));
};
messageHandlers[1] = (_encoder, decoder, provider, _emitSynced, _messageType) => {
	applyAwarenessUpdate(provider.awareness, readVarUint8Array(decoder), provider);
};
messageHandlers[2] = (_encoder, decoder, provider, _emitSynced, _messageType) => {
	readAuthMessage(decoder, provider.doc, (_ydoc, reason) => permissionDeniedHandler(provider, reason));
};
var messageReconnectTimeout = 3e4;
/**
* @param {WebsocketProvider} provider
* @param {string} reason
*/
var permissionDeniedHandler = (provider, reason) => console.warn(`Permission denied to access ${provider.url}.\n${reason}`);
/**
* @param {WebsocketProvider} provider
* @param {Uint8Array} buf
* @param {boolean} emitSynced
* @return {encoding.Encoder}
*/
var readMessage = (provider, buf, emitSynced) => {
	const decoder = createDecoder(buf);
	const encoder = createEncoder();
	const messageType = readVarUint(decoder);
	const messageHandler = provider.messageHandlers[messageType];
	if (messageHandler) messageHandler(encoder, decoder, provider, emitSynced, messageType);
	else console.error("Unable to compute message");
	return encoder;
};
/**
* The default `shouldReconnect` implementation. Close codes 4000-4999 are reserved for private
* use (RFC 6455). By convention, the 4400-4499 sub-range mirrors the HTTP 4xx class: the server
* made a deliberate decision that reconnecting can't fix - e.g. the permission to access the
* document was revoked, or the document doesn't exist anymore. Every other close code is treated
* as transient, including 4500-4599, which is the matching "try again later" range.
*
* This is intentionally written as the negation of the positive range test. A WebSocket polyfill
* that doesn't report a close code must not be mistaken for a permanent error.
*
* @param {CloseEvent} event
* @return {boolean}
*/
var defaultShouldReconnect = (event) => !(event.code >= 4400 && event.code < 4500);
/**
* Outsource this function so that a new websocket connection is created immediately.
* I suspect that the `ws.onclose` event is not always fired if there are network issues.
*
* `event` is `null` when we closed the connection ourselves - `provider.disconnect()`, or the
* "no message received" watchdog. We always reconnect in that case: a local close is not a
* signal from the server, and `provider.shouldConnect` already reflects the user's intention.
*
* @param {WebsocketProvider} provider
* @param {WebSocket} ws
* @param {CloseEvent | null} event
*/
var closeWebsocketConnection = (provider, ws, event) => {
	if (ws !== null && ws === provider.ws) {
		provider.emit("connection-close", [event, provider]);
		provider.ws = null;
		ws.onmessage = null;
		ws.onopen = null;
		ws.onclose = null;
		ws.onerror = () => {};
		ws.close();
		provider.wsconnecting = false;
		if (provider.wsconnected) {
			provider.wsconnected = false;
			provider.synced = false;
			removeAwarenessStates(provider.awareness, Array.from(provider.awareness.getStates().keys()).filter((client) => client !== provider.doc.clientID), provider);
			provider.emit("status", [{ status: "disconnected" }]);
		}
		provider.wsUnsuccessfulReconnects++;
		/**
		* @type {{ code: number, reason: string } | null}
		*/
		let terminalClose = null;
		if (event != null && !provider.shouldReconnect(event, provider)) {
			provider.shouldConnect = false;
			terminalClose = {
				code: event.code,
				reason: event.reason
			};
		}
		setTimeout(setupWS, min(pow(2, provider.wsUnsuccessfulReconnects) * 100, provider.maxBackoffTime), provider);
		if (terminalClose !== null) provider.emit("closed", [terminalClose, provider]);
	}
};
/**
* @param {WebsocketProvider} provider
*/
var setupWS = (provider) => {
	if (provider.shouldConnect && provider.ws === null) {
		const websocket = new provider._WS(provider.url, provider.protocols);
		websocket.binaryType = "arraybuffer";
		provider.ws = websocket;
		provider.wsconnecting = true;
		provider.wsconnected = false;
		provider.synced = false;
		websocket.onmessage = (event) => {
			if (provider.ws !== websocket) return;
			provider.wsLastMessageReceived = getUnixTime();
			const encoder = readMessage(provider, new Uint8Array(event.data), true);
			if (length(encoder) > 1) websocket.send(toUint8Array(encoder));
		};
		websocket.onerror = (event) => {
			if (provider.ws !== websocket) return;
			provider.emit("connection-error", [event, provider]);
		};
		websocket.onclose = (event) => {
			closeWebsocketConnection(provider, websocket, event);
		};
		websocket.onopen = () => {
			if (provider.ws !== websocket) return;
			provider.wsLastMessageReceived = getUnixTime();
			provider.wsconnecting = false;
			provider.wsconnected = true;
			provider.emit("status", [{ status: "connected" }]);
			const encoder = createEncoder();
			writeVarUint(encoder, 0);
			writeSyncStep1(encoder, provider.doc);
			websocket.send(toUint8Array(encoder));
			if (provider.awareness.getLocalState() !== null) {
				const encoderAwarenessState = createEncoder();
				writeVarUint(encoderAwarenessState, 1);
				writeVarUint8Array(encoderAwarenessState, encodeAwarenessUpdate(provider.awareness, [provider.doc.clientID]));
				websocket.send(toUint8Array(encoderAwarenessState));
			}
		};
		provider.emit("status", [{ status: "connecting" }]);
	}
};
/**
* @param {WebsocketProvider} provider
* @param {ArrayBuffer} buf
*/
var broadcastMessage = (provider, buf) => {
	const ws = provider.ws;
	if (provider.wsconnected && ws && ws.readyState === ws.OPEN) ws.send(buf);
	if (provider.bcconnected) publish(provider.bcChannel, buf, provider);
};
/**
* Websocket Provider for Yjs. Creates a websocket connection to sync the shared document.
* The document name is attached to the provided url. I.e. the following example
* creates a websocket connection to http://localhost:1234/my-document-name
*
* @example
*   import * as Y from 'yjs'
*   import { WebsocketProvider } from 'y-websocket'
*   const doc = new Y.Doc()
*   const provider = new WebsocketProvider('http://localhost:1234', 'my-document-name', doc)
*
* @extends {ObservableV2<{ 'connection-close': (event: CloseEvent | null,  provider: WebsocketProvider) => any, 'closed': (event: { code: number, reason: string }, provider: WebsocketProvider) => any, 'status': (event: { status: 'connected' | 'disconnected' | 'connecting' }) => any, 'connection-error': (event: Event, provider: WebsocketProvider) => any, 'sync': (state: boolean) => any }>}
*/
var WebsocketProvider = class extends ObservableV2 {
	/**
	* @param {string} serverUrl
	* @param {string} roomname
	* @param {Y.Doc} doc
	* @param {object} opts
	* @param {boolean} [opts.connect]
	* @param {awarenessProtocol.Awareness} [opts.awareness]
	* @param {Object<string,string>} [opts.params] specify url parameters
	* @param {Array<string>} [opts.protocols] specify websocket protocols
	* @param {typeof WebSocket} [opts.WebSocketPolyfill] Optionall provide a WebSocket polyfill
	* @param {number} [opts.resyncInterval] Request server state every `resyncInterval` milliseconds
	* @param {number} [opts.maxBackoffTime] Maximum amount of time to wait before trying to reconnect (we try to reconnect using exponential backoff)
	* @param {boolean} [opts.disableBc] Disable cross-tab BroadcastChannel communication
	* @param {(event: CloseEvent, provider: WebsocketProvider) => boolean} [opts.shouldReconnect] Decide whether to reconnect after the server closed the connection. By default, close codes in the 4400-4499 range are permanent - we stop reconnecting and emit a `closed` event. This is never called for connections that were closed locally (e.g. via `provider.disconnect()`).
	*/
	constructor(serverUrl, roomname, doc, { connect = true, awareness = new Awareness(doc), params = {}, protocols = [], WebSocketPolyfill = WebSocket, resyncInterval = -1, maxBackoffTime = 2500, disableBc = false, shouldReconnect = defaultShouldReconnect } = {}) {
		super();
		while (serverUrl[serverUrl.length - 1] === "/") serverUrl = serverUrl.slice(0, serverUrl.length - 1);
		this.serverUrl = serverUrl;
		this.bcChannel = serverUrl + "/" + roomname;
		this.maxBackoffTime = maxBackoffTime;
		/**
		* Decides whether to reconnect after the server closed the connection. This can be safely
		* updated. The new predicate is used for the next close event.
		* @type {(event: CloseEvent, provider: WebsocketProvider) => boolean}
		*/
		this.shouldReconnect = shouldReconnect;
		/**
		* The specified url parameters. This can be safely updated. The changed parameters will be used
		* when a new connection is established.
		* @type {Object<string,string>}
		*/
		this.params = params;
		this.protocols = protocols;
		this.roomname = roomname;
		this.doc = doc;
		this._WS = WebSocketPolyfill;
		this.awareness = awareness;
		this.wsconnected = false;
		this.wsconnecting = false;
		this.bcconnected = false;
		this.disableBc = disableBc;
		this.wsUnsuccessfulReconnects = 0;
		this.messageHandlers = messageHandlers.slice();
		/**
		* @type {boolean}
		*/
		this._synced = false;
		/**
		* @type {WebSocket?}
		*/
		this.ws = null;
		this.wsLastMessageReceived = 0;
		/**
		* Whether to connect to other peers or not
		* @type {boolean}
		*/
		this.shouldConnect = connect;
		/**
		* @type {number}
		*/
		this._resyncInterval = 0;
		if (resyncInterval > 0) this._resyncInterval = setInterval(() => {
			if (this.ws && this.ws.readyState === WebSocket.OPEN) {
				const encoder = createEncoder();
				writeVarUint(encoder, 0);
				writeSyncStep1(encoder, doc);
				this.ws.send(toUint8Array(encoder));
			}
		}, resyncInterval);
		/**
		* @param {ArrayBuffer} data
		* @param {any} origin
		*/
		this._bcSubscriber = (data, origin) => {
			if (origin !== this) {
				const encoder = readMessage(this, new Uint8Array(data), false);
				if (length(encoder) > 1) publish(this.bcChannel, toUint8Array(encoder), this);
			}
		};
		/**
		* Listens to Yjs updates and sends them to remote peers (ws and broadcastchannel)
		* @param {Uint8Array} update
		* @param {any} origin
		*/
		this._updateHandler = (update, origin) => {
			if (origin !== this) {
				const encoder = createEncoder();
				writeVarUint(encoder, 0);
				writeUpdate(encoder, update);
				broadcastMessage(this, toUint8Array(encoder));
			}
		};
		this.doc.on("update", this._updateHandler);
		/**
		* @param {any} changed
		* @param {any} _origin
		*/
		this._awarenessUpdateHandler = ({ added, updated, removed }, _origin) => {
			const changedClients = added.concat(updated).concat(removed);
			const encoder = createEncoder();
			writeVarUint(encoder, 1);
			writeVarUint8Array(encoder, encodeAwarenessUpdate(awareness, changedClients));
			broadcastMessage(this, toUint8Array(encoder));
		};
		this._exitHandler = () => {
			removeAwarenessStates(this.awareness, [doc.clientID], "app closed");
		};
		if (isNode && typeof process !== "undefined") process.on("exit", this._exitHandler);
		awareness.on("update", this._awarenessUpdateHandler);
		this._checkInterval = setInterval(() => {
			if (this.wsconnected && messageReconnectTimeout < getUnixTime() - this.wsLastMessageReceived) closeWebsocketConnection(this, this.ws, null);
		}, messageReconnectTimeout / 10);
		if (connect) this.connect();
	}
	get url() {
		const encodedParams = encodeQueryParams(this.params);
		return this.serverUrl + "/" + this.roomname + (encodedParams.length === 0 ? "" : "?" + encodedParams);
	}
	/**
	* @type {boolean}
	*/
	get synced() {
		return this._synced;
	}
	set synced(state) {
		if (this._synced !== state) {
			this._synced = state;
			if (state) this.wsUnsuccessfulReconnects = 0;
			this.emit("synced", [state]);
			this.emit("sync", [state]);
		}
	}
	destroy() {
		if (this._resyncInterval !== 0) clearInterval(this._resyncInterval);
		clearInterval(this._checkInterval);
		this.disconnect();
		if (isNode && typeof process !== "undefined") process.off("exit", this._exitHandler);
		this.awareness.off("update", this._awarenessUpdateHandler);
		this.doc.off("update", this._updateHandler);
		super.destroy();
	}
	connectBc() {
		if (this.disableBc) return;
		if (!this.bcconnected) {
			subscribe(this.bcChannel, this._bcSubscriber);
			this.bcconnected = true;
		}
		const encoderSync = createEncoder();
		writeVarUint(encoderSync, 0);
		writeSyncStep1(encoderSync, this.doc);
		publish(this.bcChannel, toUint8Array(encoderSync), this);
		const encoderState = createEncoder();
		writeVarUint(encoderState, 0);
		writeSyncStep2(encoderState, this.doc);
		publish(this.bcChannel, toUint8Array(encoderState), this);
		const encoderAwarenessQuery = createEncoder();
		writeVarUint(encoderAwarenessQuery, 3);
		publish(this.bcChannel, toUint8Array(encoderAwarenessQuery), this);
		const encoderAwarenessState = createEncoder();
		writeVarUint(encoderAwarenessState, 1);
		writeVarUint8Array(encoderAwarenessState, encodeAwarenessUpdate(this.awareness, [this.doc.clientID]));
		publish(this.bcChannel, toUint8Array(encoderAwarenessState), this);
	}
	disconnectBc() {
		const encoder = createEncoder();
		writeVarUint(encoder, 1);
		writeVarUint8Array(encoder, encodeAwarenessUpdate(this.awareness, [this.doc.clientID], /* @__PURE__ */ new Map()));
		broadcastMessage(this, toUint8Array(encoder));
		if (this.bcconnected) {
			unsubscribe(this.bcChannel, this._bcSubscriber);
			this.bcconnected = false;
		}
	}
	disconnect() {
		this.shouldConnect = false;
		this.disconnectBc();
		if (this.ws !== null) closeWebsocketConnection(this, this.ws, null);
	}
	connect() {
		this.shouldConnect = true;
		if (!this.wsconnected && this.ws === null) {
			setupWS(this);
			this.connectBc();
		}
	}
};
export { WebsocketProvider, messageAuth, messageAwareness, messageQueryAwareness, messageSync };
