/**
 * What a connector is proved with: a suite of laws, the base of the fake vendors, and the IO that tests lend.
 *
 * Terms: a *law* is what every connector keeps, whatever its vendor; a *subject* is a connector with samples of its messages
 * and documents; a *fake* is a simulated vendor behind a real socket; a *fault* is a way for a call to go wrong, before or
 * after it had its effect.
 *
 * Invariants: nothing here leaves the machine. What looks random comes from a seed, and a failure prints the seed that finds
 * it again. Whatever a fake keeps is bounded, so that a demo may run for days. Importing this package loads no property
 * tester: only a law that needs one does, when it is checked.
 *
 * It deliberately knows no vendor and starts nothing by itself; the product never imports it, only tests and fakes do.
 */
export { breachText, CONFORMANCE_LAWS, conformance, conformanceProblems } from "./conformance.ts";
export {
  CALLS_KEPT_DEFAULT,
  type CallBudget,
  FAKE_BODY_BYTES_MAX,
  type FakeAnswer,
  type FakeCall,
  type FakeServer,
  type FakeServerOptions,
  fakeServer,
  jsonAnswer,
  type RecordedCall,
} from "./fake-server.ts";
export { drawFault, FAULTS, type Fault, type FaultKind, type FaultRates, hasEffect } from "./faults.ts";
export { KEY_LENGTH_MAX, RECORD_TEXT_LENGTH_MAX } from "./intake-laws.ts";
export { type LoopbackIoOptions, loopbackIo, RESPONSE_BYTES_MAX } from "./loopback-io.ts";
export { type SeededRandom, seededRandom } from "./seeded-random.ts";
export {
  type ConformanceSubject,
  type DocumentSample,
  type Law,
  type MessageSample,
  RENDER_CONTEXT,
  type SampleExpectation,
  type VendorFake,
} from "./subject.ts";
export { type TokenBucket, type TokenBucketOptions, tokenBucket } from "./token-bucket.ts";
