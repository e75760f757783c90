/**
 * The demonstration: a distributor with warehouses, a shop and two retailers, all simulated, that trade with the product as
 * their real counterparts would.
 *
 * Terms: a *simulated system* is a fake vendor behind a socket of its own; a *wish* is what somebody wants next; the *day* is
 * what the warehouses do tick by tick; a *run* is one start of the program.
 *
 * Invariants: the company follows from the seed, and what is wanted of it from the seed and the orders that there are, so that two
 * fresh starts are asked for the same; stock comes in by the warehouses' own reports and by nothing else; a run goes on from what
 * the one before has told; nobody sends more than the product takes; memory is bounded.
 *
 * This part deliberately knows no gateway: it sets up master data and accounts through the parts' doors, and speaks HTTP with
 * a key from then on. Where no part has a door for a question, it reads and never writes.
 */
export { type Company, type CompanySize, DEMO, makeCompany } from "./company.ts";
export { demoErrors } from "./errors.ts";
export { type Example, trials, trialText } from "./greeting.ts";
export type { DemoParts, Run } from "./parts.ts";
export { type Simulation, type SimulationOptions, startSimulation } from "./simulation-service.ts";
export type { Figures } from "./summary.ts";
export { createFigures, type Screen, showFigures } from "./summary-service.ts";
export { createTraffic, type PlacedOrder, type Traffic } from "./traffic-service.ts";
