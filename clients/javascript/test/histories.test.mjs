// What the state machine does, step by step: the histories in clients/conformance, which the other libraries play too.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";
import { Session } from "../coppice.js";

const folder = new URL("../../conformance/histories/", import.meta.url);

/** The effect as the histories write it. */
function plain(effect) {
  if (effect.send) return { send: JSON.parse(effect.send) };
  if (effect.refuse) return { refuse: effect.refuse, code: effect.fault.code };
  if ("end" in effect) return { end: effect.end?.code ?? null };
  if (effect.resolve) return { resolve: { ...effect.resolve, stamp: effect.resolve.stamp && Number(effect.resolve.stamp) } };
  return effect;
}

/** Whether all that is expected is there; null stands for what must not be. */
function matches(expected, actual) {
  if (expected === null) return actual === null || actual === undefined;
  if (Array.isArray(expected) || typeof expected !== "object") return JSON.stringify(expected) === JSON.stringify(actual);
  return actual && typeof actual === "object" && Object.entries(expected).every(([key, value]) => matches(value, actual[key]));
}

function perform(session, step) {
  if (step.line) return session.received(JSON.stringify(step.line), step.at);
  if (step.raw) return session.received(step.raw, step.at);
  if (step.lost) return session.disconnected(step.lost, step.at);
  if ("reading" in step) {
    session.reading(step.reading, step.at);
    return [];
  }
  if (step.say) {
    try {
      return session.say(JSON.stringify(step.say), step.at).effects;
    } catch (fault) {
      assert.equal(fault.code, step.fault);
      return [];
    }
  }
  if (step.do === "start") return session.start(step.at);
  if (step.do === "connected") return session.connected(step.at, step.token);
  if (step.do === "close") return session.close();
  return session.timePassed(step.at);
}

const files = readdirSync(folder).sort();
assert(files.length > 20);
for (const file of files) {
  const { title, client, limits, steps } = JSON.parse(readFileSync(new URL(file, folder), "utf8"));
  test(`${file}: ${title}`, () => {
    const session = new Session({ ...client, session: "s-1", random: () => client.random ?? 0, limits });
    for (const step of steps) {
      const actual = perform(session, step).map(plain);
      const fits = actual.length === step.expect.length && step.expect.every((effect, index) => matches(effect, actual[index]));
      assert(fits, `at ${JSON.stringify(step)}\ndid ${JSON.stringify(actual)}`);
      if (!("deadline" in step)) continue;
      if (step.deadline === null) assert.equal(session.deadline, Infinity, JSON.stringify(step));
      else assert(Math.abs(session.deadline - step.deadline) < 0.01, `${session.deadline} at ${JSON.stringify(step)}`);
    }
  });
}
