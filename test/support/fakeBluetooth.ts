/**
 * Two ends of a Bluetooth LE link in memory, each a characteristic as in Web Bluetooth: packets of 20 bytes, one at a
 * time.
 */

/** What a Bluetooth LE packet carries by default, in bytes (ATT_MTU 23). */
const PACKET_BYTES = 20;

class FakeDevice extends EventTarget {
  other!: FakeDevice;
  isConnected = true;
  readonly gatt: { disconnect(): void } = {
    disconnect: () => {
      for (const device of [this, this.other]) {
        if (!device.isConnected) continue;
        device.isConnected = false;
        queueMicrotask(() => device.dispatchEvent(new Event("gattserverdisconnected")));
      }
    },
  };
}

/** What is written at one end is a notification at the other. */
export class FakeCharacteristic extends EventTarget {
  other!: FakeCharacteristic;
  value: DataView | undefined;
  readonly service: { readonly device: FakeDevice } = { device: new FakeDevice() };
  #isWriting = false;

  async writeValueWithResponse(packet: Uint8Array<ArrayBuffer>): Promise<void> {
    if (packet.length > PACKET_BYTES) throw new TypeError(`a packet of ${packet.length} bytes`);
    if (this.#isWriting) throw new Error("GATT operation already in progress.");
    if (!this.service.device.isConnected) throw new Error("GATT Server is disconnected.");
    this.#isWriting = true;
    const value = new DataView(packet.buffer.slice(packet.byteOffset, packet.byteOffset + packet.length));
    await Promise.resolve();
    this.other.value = value;
    this.other.dispatchEvent(new Event("characteristicvaluechanged"));
    this.#isWriting = false;
  }
}

export function fakeBluetooth(): [FakeCharacteristic, FakeCharacteristic] {
  const [near, far] = [new FakeCharacteristic(), new FakeCharacteristic()];
  near.other = far;
  far.other = near;
  near.service.device.other = far.service.device;
  far.service.device.other = near.service.device;
  return [near, far];
}
