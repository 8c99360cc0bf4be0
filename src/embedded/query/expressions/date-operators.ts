import type { Document } from '../../engine/engine.ts';
import type { ObjectId, Timestamp } from 'bson';
import { Long } from 'bson';
import { bsonTypeOf, isNumeric, isPlainObject, toInteger } from '../bson-values.ts';
import {
  isNullish,
  namedOperands,
  typeName,
  type ExpressionCompiler,
  type OperatorCompiler,
  type OperatorTable,
  type Scope,
} from '../expression-compiler.ts';
import { refuse, refuseAt } from '../refuse.ts';
import {
  addUnits,
  parseStartOfWeek,
  parseUnit,
  truncateToUnit,
  unitsBetween,
} from './date-units.ts';
import { formatDate } from './format-date.ts';
import { parseDate } from './parse-date.ts';
import {
  dayOfYear,
  fromLocal,
  isoWeek,
  isoYearStart,
  toLocal,
  utcTime,
  weekOfYear,
  zonedTime,
  zoneOffset,
} from './time-zone.ts';

const DAY_MS = 86_400_000;

/** A date, ObjectId or timestamp as milliseconds since 1970. @throws StoreError 16006. */
function timeOf(value: unknown): number {
  if (value instanceof Date) return value.getTime();
  const type = bsonTypeOf(value);
  if (type === 'objectId') return (value as ObjectId).getTimestamp().getTime();
  if (type === 'timestamp') return (value as Timestamp).t * 1000;
  return refuseAt(16006, `can't convert from BSON type ${typeName(value)} to Date`);
}

function zoneName(value: unknown): string {
  return typeof value === 'string'
    ? value
    : refuseAt(40517, `timezone must evaluate to a string, found ${typeName(value)}`);
}

/** The operands of a date part: a date alone, or `{date, timezone}`. */
function dateOperands(
  operand: unknown,
  name: string,
  compiler: ExpressionCompiler,
): (scope: Scope) => Document {
  const isNamed =
    isPlainObject(operand) && !Object.keys(operand).some((key) => key.startsWith('$'));
  if (isNamed)
    return namedOperands(operand, name, compiler, { required: ['date'], optional: ['timezone'] });
  if (Array.isArray(operand) && operand.length !== 1) {
    return refuseAt(
      40536,
      `${name} accepts exactly one argument if given an array, but was given ${operand.length}`,
    );
  }
  const date = compiler.compile(Array.isArray(operand) ? operand[0] : operand);
  return (scope) => ({ date: date(scope) });
}

function part(read: (local: Date) => number | Long): OperatorCompiler {
  return (operand, compiler, name) => {
    const operands = dateOperands(operand, name, compiler);
    return (scope) => {
      const given = operands(scope);
      const { date, timezone = 'UTC' } = given;
      if (
        isNullish(date) ||
        timezone === null ||
        ('timezone' in given && given['timezone'] === undefined)
      )
        return null;
      return read(toLocal(timeOf(date), zoneOffset(zoneName(timezone))));
    };
  };
}

const toParts: OperatorCompiler = (operand, compiler, name) => {
  const operands = namedOperands(operand, name, compiler, {
    required: ['date'],
    optional: ['timezone', 'iso8601'],
  });
  return (scope) => {
    const { date, timezone = 'UTC', iso8601 = false } = operands(scope);
    if (isNullish(date) || isNullish(timezone) || isNullish(iso8601)) return null;
    if (typeof iso8601 !== 'boolean') return refuseAt(40521, 'iso8601 must evaluate to a bool');
    const local = toLocal(timeOf(date), zoneOffset(zoneName(timezone)));
    const clock = {
      hour: local.getUTCHours(),
      minute: local.getUTCMinutes(),
      second: local.getUTCSeconds(),
      millisecond: local.getUTCMilliseconds(),
    };
    if (iso8601) {
      const { year, week, day } = isoWeek(local);
      return { isoWeekYear: year, isoWeek: week, isoDayOfWeek: day, ...clock };
    }
    return {
      year: local.getUTCFullYear(),
      month: local.getUTCMonth() + 1,
      day: local.getUTCDate(),
      ...clock,
    };
  };
};

const CALENDAR = ['year', 'month', 'day'];
const ISO = ['isoWeekYear', 'isoWeek', 'isoDayOfWeek'];
const CLOCK = ['hour', 'minute', 'second', 'millisecond'];

const fromParts: OperatorCompiler = (operand, compiler, name) => {
  const isIso = isPlainObject(operand) && Object.hasOwn(operand, 'isoWeekYear');
  const [required = '', ...optional] = isIso ? ISO : CALENDAR;
  const operands = namedOperands(operand, name, compiler, {
    required: [required],
    optional: [...optional, ...CLOCK, 'timezone'],
  });
  return (scope) => {
    const given = operands(scope);
    if (Object.values(given).some(isNullish)) return null;
    const number = (key: string, otherwise: number): number => {
      const value = given[key];
      if (value === undefined) return otherwise;
      return (
        toInteger(value) ??
        refuseAt(40515, `'${key}' must evaluate to an integer, found ${typeName(value)}`)
      );
    };
    const offset = zoneOffset(zoneName(given['timezone'] ?? 'UTC'));
    const year = number(required, 1970);
    if (year < 1 || year > 9999)
      return refuseAt(
        40523,
        `'${required}' must evaluate to an integer in the range 1 to 9999, found ${year}`,
      );
    const clock = {
      hour: number('hour', 0),
      minute: number('minute', 0),
      second: number('second', 0),
      millisecond: number('millisecond', 0),
    };
    if (!isIso)
      return new Date(
        zonedTime({ year, month: number('month', 1), day: number('day', 1), ...clock }, offset),
      );
    const days = (number('isoWeek', 1) - 1) * 7 + number('isoDayOfWeek', 1) - 1;
    const time = utcTime({ year: 1970, month: 1, day: 1, ...clock });
    return new Date(fromLocal(isoYearStart(year) + days * DAY_MS + time, offset));
  };
};

const fromText: OperatorCompiler = (operand, compiler, name) => {
  const operands = namedOperands(operand, name, compiler, {
    required: ['dateString'],
    optional: ['format', 'timezone', 'onError', 'onNull'],
  });
  const hasOnError = isPlainObject(operand) && 'onError' in operand;
  return (scope) => {
    const { dateString, format, timezone = 'UTC', onError, onNull = null } = operands(scope);
    if (isNullish(dateString)) return onNull;
    if (format === null || timezone === null) return null;
    try {
      if (typeof dateString !== 'string') {
        return refuseAt(
          241,
          `$dateFromString requires that 'dateString' be a string, found: ${typeName(dateString)}`,
        );
      }
      return parseDate(
        dateString,
        zoneName(timezone),
        typeof format === 'string' ? format : undefined,
      );
    } catch (error) {
      if (hasOnError) return onError;
      throw error;
    }
  };
};

const toFormatted: OperatorCompiler = (operand, compiler, name) => {
  const operands = namedOperands(operand, name, compiler, {
    required: ['date'],
    optional: ['format', 'timezone', 'onNull'],
  });
  return (scope) => {
    const given = operands(scope);
    const { date, format, timezone, onNull = null } = given;
    if (isNullish(date)) return onNull;
    if (('format' in given && isNullish(format)) || ('timezone' in given && isNullish(timezone)))
      return null;
    if (format !== undefined && typeof format !== 'string') {
      return refuseAt(
        18533,
        `$dateToString requires that 'format' be a string, found: ${typeName(format)}`,
      );
    }
    const zone = zoneName(timezone ?? 'UTC');
    const isUtc = timezone === undefined || zone === 'UTC';
    return formatDate(
      timeOf(date),
      zoneOffset(zone),
      format ?? `%Y-%m-%dT%H:%M:%S.%L${isUtc ? 'Z' : ''}`,
    );
  };
};

function moving(sign: 1 | -1): OperatorCompiler {
  return (operand, compiler, name) => {
    const operands = namedOperands(operand, name, compiler, {
      required: ['startDate', 'unit', 'amount'],
      optional: ['timezone'],
    });
    return (scope) => {
      const { startDate, unit, amount, timezone = 'UTC' } = operands(scope);
      if (isNullish(startDate) || isNullish(unit) || isNullish(amount) || isNullish(timezone))
        return null;
      const count = isNumeric(amount) ? toInteger(amount) : undefined;
      if (count === undefined)
        return refuseAt(5166405, `${name} expects integer amount of time units`);
      return new Date(
        addUnits(
          timeOf(startDate),
          parseUnit(unit, name),
          sign * count,
          zoneOffset(zoneName(timezone)),
        ),
      );
    };
  };
}

const difference: OperatorCompiler = (operand, compiler, name) => {
  const operands = namedOperands(operand, name, compiler, {
    required: ['startDate', 'endDate', 'unit'],
    optional: ['timezone', 'startOfWeek'],
  });
  return (scope) => {
    const { startDate, endDate, unit, timezone = 'UTC', startOfWeek } = operands(scope);
    if (isNullish(startDate) || isNullish(endDate) || isNullish(unit) || isNullish(timezone))
      return null;
    return Long.fromNumber(
      unitsBetween(timeOf(startDate), timeOf(endDate), parseUnit(unit, name), {
        offset: zoneOffset(zoneName(timezone)),
        startOfWeek: parseStartOfWeek(startOfWeek, name),
      }),
    );
  };
};

const truncation: OperatorCompiler = (operand, compiler, name) => {
  const operands = namedOperands(operand, name, compiler, {
    required: ['date', 'unit'],
    optional: ['binSize', 'timezone', 'startOfWeek'],
  });
  return (scope) => {
    const { date, unit, binSize = 1, timezone = 'UTC', startOfWeek } = operands(scope);
    if (isNullish(date) || isNullish(unit) || isNullish(binSize) || isNullish(timezone))
      return null;
    const size = toInteger(binSize);
    if (size === undefined || size < 1)
      return refuse(
        "$dateTrunc requires 'binSize' to be a 64-bit integer greater than 0",
        'BadValue',
      );
    return new Date(
      truncateToUnit(timeOf(date), parseUnit(unit, name), size, {
        offset: zoneOffset(zoneName(timezone)),
        startOfWeek: parseStartOfWeek(startOfWeek, name),
      }),
    );
  };
};

/** Expressions over dates; every one takes ObjectIds and timestamps too, and a time zone. */
export const dateOperators: OperatorTable = {
  $year: part((local) => local.getUTCFullYear()),
  $month: part((local) => local.getUTCMonth() + 1),
  $dayOfMonth: part((local) => local.getUTCDate()),
  $hour: part((local) => local.getUTCHours()),
  $minute: part((local) => local.getUTCMinutes()),
  $second: part((local) => local.getUTCSeconds()),
  $millisecond: part((local) => local.getUTCMilliseconds()),
  $dayOfWeek: part((local) => local.getUTCDay() + 1),
  $dayOfYear: part(dayOfYear),
  $week: part(weekOfYear),
  $isoWeek: part((local) => isoWeek(local).week),
  $isoWeekYear: part((local) => Long.fromNumber(isoWeek(local).year)),
  $isoDayOfWeek: part((local) => isoWeek(local).day),
  $dateToParts: toParts,
  $dateFromParts: fromParts,
  $dateFromString: fromText,
  $dateToString: toFormatted,
  $dateAdd: moving(1),
  $dateSubtract: moving(-1),
  $dateDiff: difference,
  $dateTrunc: truncation,
};
