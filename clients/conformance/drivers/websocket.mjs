// As much of a browser's WebSocket (RFC 6455) as the JavaScript library uses, for node before 22, which has none. For tests alone.

import { createHash, randomBytes } from "node:crypto";
import net from "node:net";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const [CONTINUATION, TEXT, CLOSE, PING, PONG] = [0, 1, 8, 9, 10];

export class WebSocket {
  readyState = 0;
  #rest = Buffer.alloc(0);
  #pieces = [];
  #reason = "";

  constructor(url, protocol) {
    const { hostname, port, host, pathname } = new URL(url);
    const key = randomBytes(16).toString("base64");
    this.#socket = net.connect({ host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || 80) });
    this.#socket.setNoDelay(true);
    this.#socket.on("connect", () => {
      this.#socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n`
        + `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ${protocol}\r\n\r\n`);
    });
    this.#socket.on("data", (data) => {
      this.#rest = Buffer.concat([this.#rest, data]);
      if (this.readyState === 0) this.#shakeHands(key, protocol);
      while (this.readyState !== 0 && this.#takeFrame());
    });
    this.#socket.on("error", (error) => { this.#reason ||= error.message; });
    this.#socket.on("close", () => {
      this.readyState = 3;
      this.onclose?.({ reason: this.#reason });
    });
  }

  #socket;

  send(text) {
    this.#write(TEXT, Buffer.from(text));
  }

  close() {
    if (this.readyState === 1) this.#write(CLOSE, Buffer.from([0x03, 0xe8]));
    this.readyState = 2;
    this.#socket.end();
  }

  #shakeHands(key, protocol) {
    const end = this.#rest.indexOf("\r\n\r\n");
    if (end < 0) return;
    const head = this.#rest.subarray(0, end).toString();
    this.#rest = this.#rest.subarray(end + 4);
    const accept = createHash("sha1").update(key + GUID).digest("base64");
    const field = (name) => new RegExp(`^${name}: *(.*)$`, "im").exec(head)?.[1].trim();
    if (!head.startsWith("HTTP/1.1 101") || field("sec-websocket-accept") !== accept || field("sec-websocket-protocol") !== protocol) {
      this.#reason = `no WebSocket: ${head.split("\r\n")[0]}`;
      this.#socket.destroy();
      return;
    }
    this.readyState = 1;
    this.onopen?.({});
  }

  /** Returns whether there was a whole frame. */
  #takeFrame() {
    const rest = this.#rest;
    if (rest.length < 2) return false;
    const short = rest[1] & 127;
    const begin = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (rest.length < begin) return false;
    const length = short === 126 ? rest.readUInt16BE(2) : short === 127 ? Number(rest.readBigUInt64BE(2)) : short;
    if (rest[1] & 128 || rest[0] & 0x70) throw new Error("a server's frame is masked, or has an extension");
    if (rest.length < begin + length) return false;
    const payload = rest.subarray(begin, begin + length);
    this.#rest = rest.subarray(begin + length);
    const [isLast, opcode] = [(rest[0] & 128) !== 0, rest[0] & 15];
    if (opcode === PING) this.#write(PONG, payload);
    if (opcode === CLOSE) {
      this.#reason = payload.subarray(2).toString();
      if (this.readyState === 1) this.close();
    }
    if (opcode !== TEXT && opcode !== CONTINUATION) return true;
    this.#pieces.push(payload);
    if (!isLast) return true;
    const data = Buffer.concat(this.#pieces).toString();
    this.#pieces = [];
    if (this.readyState === 1) this.onmessage?.({ data });
    return true;
  }

  #write(opcode, payload) {
    const mask = randomBytes(4);
    const length = payload.length < 126 ? [payload.length] : payload.length < 65536 ? [126] : [127];
    const head = Buffer.from([128 | opcode, 128 | length[0]]);
    const long = length[0] === 126 ? Buffer.alloc(2) : Buffer.alloc(length[0] === 127 ? 8 : 0);
    if (long.length === 2) long.writeUInt16BE(payload.length);
    if (long.length === 8) long.writeBigUInt64BE(BigInt(payload.length));
    this.#socket.write(Buffer.concat([head, long, mask, payload.map((byte, index) => byte ^ mask[index % 4])]));
  }
}
