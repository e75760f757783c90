/**
 * The data elements our segments use: number, type, shortest and longest length in 004010, what it holds in our
 * own words. Lengths and numbers are facts of the standard (ASC X12 004010); its text is licensed and not here.
 */
const elements004010 = `
2 N0 1/6 sets accepted
19 AN 2/30 city
22 AN 1/30 commodity code
23 ID 1/1 commodity code list
24 ID 4/4 equipment type
26 ID 2/3 country
28 N0 1/9 group control number
40 ID 2/2 equipment kind
54 ID 2/2 point where risk passes
55 AN 2/10 voyage or flight number
61 AN 1/30 free text
65 R 1/8 height
66 ID 1/2 kind of identifier
67 AN 2/80 identifier
79 AN 1/50 lading text
80 N0 1/7 number of packages
81 R 1/10 weight
82 R 1/8 length
87 AN 1/48 mark or number
88 ID 1/2 kind of mark
91 ID 1/2 transport mode
92 ID 2/2 kind of order
93 AN 1/60 name
97 N0 1/6 sets sent
98 ID 2/3 role of the party
100 ID 3/3 currency
102 ID 1/1 equipment owner
103 AN 3/5 packaging
107 ID 1/2 payment method
113 AN 1/4 pier
114 AN 2/24 port name
115 ID 1/1 port function
116 ID 3/15 postal code
118 R 1/9 rate
123 N0 1/6 sets received
127 AN 1/30 reference
128 ID 2/3 kind of reference
133 ID 1/2 routing sequence
140 ID 2/4 carrier code
143 ID 3/3 transaction set
146 ID 2/2 who pays freight
152 ID 2/3 handling
156 ID 2/2 state or province
166 AN 1/55 address line
174 AN 2/30 terminal
182 AN 2/28 vessel
183 R 1/8 volume
187 ID 1/2 kind of weight
189 R 1/8 width
206 AN 1/4 equipment initial
207 AN 1/10 equipment number
208 ID 1/1 hazard code list
209 AN 1/4 hazard class
212 R 1/17 unit price
225 AN 2/15 seal number
234 AN 1/48 product identifier
235 ID 2/2 kind of product identifier
236 ID 3/3 kind of price
248 ID 1/1 allowance or charge
249 ID 1/1 vessel requirement
280 R 4/10 exchange rate
284 ID 2/2 service level
289 N0 1/2 price quantity
306 ID 1/2 action
309 ID 1/2 kind of location
310 AN 1/30 location
324 AN 1/22 purchase order number
325 AN 1/20 tax number
326 AN 1/45 request number
327 AN 1/8 order change number
328 AN 1/30 release number
329 AN 4/9 set control number
330 R 1/15 quantity ordered
331 ID 2/2 how it is handled
332 R 1/6 percent
333 ID 1/2 when terms start
334 ID 2/2 kind of trade terms
335 ID 3/3 trade terms
336 ID 2/2 kind of terms
337 TM 4/8 time
338 R 1/6 discount percent
342 R 1/5 percent payable
344 ID 2/2 unit of time
345 ID 2/2 kind of lead time
347 R 1/10 hash total
349 ID 1/1 form of description
350 AN 1/20 line number
351 N0 1/3 discount days
352 AN 1/80 description
353 ID 2/2 purpose
354 N0 1/6 number of lines
355 ID 2/2 unit of measure
356 N0 1/6 pack
357 R 1/8 size
362 N2 1/10 discount amount
363 ID 3/3 kind of note
364 AN 1/80 telephone or address
365 ID 2/2 kind of communication
366 ID 2/2 contact role
367 AN 1/30 contract number
368 ID 2/2 shipment status
369 AN 1/45 free description
370 DT 8/8 discount due date
371 ID 2/2 reason for change
373 DT 8/8 date
374 ID 3/3 kind of date
378 ID 1/1 kind of percent
380 R 1/15 quantity
382 R 1/10 units shipped
383 R 1/9 difference
384 R 1/9 gross weight per pack
385 R 1/9 gross volume per pack
386 N0 1/3 net days
387 AN 1/35 routing
388 DT 8/8 deferred due date
389 N2 1/10 deferred amount
396 AN 2/30 shipment number
400 ID 2/2 unit load
407 ID 2/2 seal status
441 ID 1/1 tax exemption
443 AN 1/20 contact reference
446 DT 8/8 net due date
447 AN 1/6 loop
466 ID 2/2 kind of contract
478 ID 1/1 credit or debit
479 ID 2/2 kind of group
480 AN 1/12 version
499 AN 1/10 condition
508 AN 1/35 account number
522 ID 1/3 kind of amount
554 N0 1/6 assigned number
559 ID 2/2 agency
560 ID 2/10 special service
563 ID 1/2 sales requirement
566 ID 1/2 substitution
587 ID 2/2 kind of acknowledgement
597 ID 1/8 vessel code
610 N2 1/15 amount
622 N0 1/5 number of loads
623 ID 2/2 time zone
628 AN 1/12 level number
639 ID 2/2 basis of price
640 ID 2/2 kind of transaction
641 ID 3/3 status reason
646 R 1/15 shipped to date
648 ID 3/3 kind of multiplier
649 R 1/10 multiplier
653 ID 3/3 kind of discount
654 ID 2/2 basis of discount
655 R 1/10 discount value
656 ID 2/3 kind of discount limit
657 N0 1/10 discount limit
662 ID 1/1 relation to the line
668 ID 2/2 line status
669 ID 3/3 currency market
673 ID 2/2 kind of quantity
687 ID 2/2 class of trade
688 ID 2/2 restriction
704 ID 1/2 action on a report
706 ID 2/2 relation between parties
715 ID 1/1 group acknowledgement
716 ID 1/3 group error
717 ID 1/1 set acknowledgement
718 ID 1/3 set error
719 N0 1/10 segment position
720 ID 1/3 segment error
721 ID 2/3 segment
722 N0 1/2 element position
723 ID 1/3 element error
724 AN 1/99 bad data
725 N0 1/4 data element number
728 ID 1/2 returnable load
729 AN 1/6 category
731 ID 2/2 transit direction
732 ID 2/2 transit time unit
733 R 1/4 transit time
735 ID 1/2 kind of level
736 ID 1/1 level has children
737 ID 2/2 measured thing
738 ID 1/3 kind of measurement
739 R 1/20 measured value
740 R 1/20 least value
741 R 1/20 greatest value
750 ID 2/3 described property
751 AN 1/12 description code
752 ID 2/2 surface or layer
753 ID 1/5 described packaging
754 AN 1/7 packaging code
755 ID 2/2 kind of report
756 ID 1/2 how the report is sent
757 N0 1/2 copies
765 N0 1/2 day of month
770 AN 1/20 option
782 R 1/18 money amount
786 ID 2/2 security level
790 AN 1/132 title
791 AN 1/80 purpose text
792 ID 1/1 status of the thing
799 AN 1/30 version text
810 N0 1/6 inner pack
819 ID 2/3 language
822 AN 1/15 source
828 R 1/9 basis of percent
854 ID 2/2 vessel type
875 ID 3/3 kind of maintenance
897 ID 1/1 vessel code list
933 AN 1/264 message
934 ID 2/2 printer control
935 ID 2/2 meaning of measurement
936 ID 2/2 measured attribute
954 R 1/10 percent as decimal
955 ID 2/2 tax jurisdiction kind
956 AN 1/10 tax jurisdiction
963 ID 2/2 kind of tax
1000 AN 2/2 service characteristic
1004 ID 1/2 kind of percent
1005 ID 4/4 hierarchy
1018 R 1/15 exponent
1019 ID 3/3 kind of invoice
1073 ID 1/1 yes or no
1096 ID 5/5 county
1106 ID 2/2 part of address
1166 ID 2/2 contract category
1179 ID 1/1 customs entry
1195 ID 2/2 breakdown
1196 AN 1/80 financial code
1232 ID 2/2 purchase category
1250 ID 2/3 date format
1251 AN 1/35 date or period
1270 ID 1/3 code list
1271 AN 1/30 code
1300 ID 4/4 service, promotion, charge
1301 AN 1/10 agency service code
1321 ID 2/3 condition
1322 ID 1/1 certification
1373 ID 2/4 measurement method
1401 ID 1/3 proposal detail
1470 N0 1/9 number
1525 ID 1/2 request category
1528 N0 1/2 component position
1551 AN 1/4096 text
1686 N0 1/4 repetition position
1705 AN 1/35 implementation
1715 ID 1/3 country subdivision
I08 DT 6/6 interchange date
I09 TM 4/4 interchange time
I12 N0 9/9 interchange control number
I17 ID 1/1 interchange acknowledgement
I18 ID 3/3 interchange note
C001 C 0/0 composite unit
C002 C 0/0 actions
C030 C 0/0 position in segment
C040 C 0/0 composite reference
`;

/** Elements that grew between 004010 and 005010. */
const longerIn005010: Readonly<Record<string, number>> = {
  "55": 30,
  "127": 50,
  "207": 15,
  "234": 80,
  "364": 256,
  "1000": 3,
};

/**
 * Codes we check: short, closed lists of elements that steer our reading. Long or often extended lists (units,
 * date and quantity qualifiers, order types) are left to the mapping, which knows what it can use.
 */
const codes: Readonly<Record<string, string>> = {
  "248": "A C N P Q R S",
  "349": "F S X",
  "353":
    "00 01 02 03 04 05 06 07 08 10 11 12 13 14 15 16 17 18 19 20 21 22 24 25 26 27 28 30 31 32 33 34 35 36 37 38 " +
    "39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 5C 77 CN CO EX GR PR RH RV SB SU ZZ",
  "587": "AC AD AE AH AK AP AT NA RD RF RJ RN RO RV ZZ",
  "662": "A D I O S U",
  "668": "AA AC AR BP DR IA IB IC ID IE IF IH IP IQ IR IS IW R1 R2 R3 R4 R5 R6 R7 R8 SP",
  "715": "A E M P R W X",
  "717": "A E M R W X",
  "736": "0 1",
  "1073": "N U W Y",
  I17: "A E R",
};

/** AN text, ID code, N0 and N2 whole numbers, R decimal, DT date, TM time, C composite. */
export type ElementType = "AN" | "ID" | "N0" | "N2" | "R" | "DT" | "TM" | "C";

export type ElementSpec = {
  readonly number: string;
  readonly type: ElementType;
  readonly lengthMin: number;
  readonly lengthMax: number;
  readonly name: string;
  readonly codes: ReadonlySet<string> | undefined;
};

export type Dictionary = "004010" | "005010";

const types: readonly ElementType[] = ["AN", "ID", "N0", "N2", "R", "DT", "TM", "C"];

function readElement(line: string, dictionary: Dictionary): ElementSpec {
  const [number = "", typeName = "", lengths = "", ...name] = line.split(" ");
  const type = types.find((known) => known === typeName);
  const [least, most] = lengths.split("/").map(Number);
  if (type === undefined || least === undefined || most === undefined)
    throw new Error(`element table: cannot read "${line}"`);
  const longer = dictionary === "005010" ? longerIn005010[number] : undefined;
  const list = codes[number];
  return {
    number,
    type,
    lengthMin: least,
    lengthMax: longer ?? most,
    name: name.join(" "),
    codes: list === undefined ? undefined : new Set(list.split(" ")),
  };
}

function readElements(dictionary: Dictionary): ReadonlyMap<string, ElementSpec> {
  const lines = elements004010.trim().split("\n");
  return new Map(lines.map((line) => readElement(line, dictionary)).map((spec) => [spec.number, spec]));
}

export const elements: Readonly<Record<Dictionary, ReadonlyMap<string, ElementSpec>>> = {
  "004010": readElements("004010"),
  "005010": readElements("005010"),
};
