import { InputError } from '@vedette/model';
import { z } from 'zod';
import { fields } from '../config/fields.ts';
import {
  formatMinuteOfDay,
  formatRange,
  formatWeekdayRange,
  parseDayOfMonthRange,
  parseMinuteOfDay,
  parseMonthRange,
  parseWeekdayRange,
  parseYearRange,
  type Range,
} from './ranges.ts';
import { TimeInterval, type MinuteRange } from './time-interval.ts';

/** A list of ranges, each a text. */
const rangesOf = (parse: (text: string) => Range) =>
  z.array(fields.text().transform((text, context) => orIssue(context, () => parse(text)))).optional();

const timeRange = z
  .strictObject({
    start_time: fields.text().describe('First minute, HH:MM.'),
    end_time: fields.text().describe('Minute that no longer belongs to it, HH:MM up to 24:00.'),
  })
  .transform(({ start_time, end_time }, context) =>
    orIssue(context, (): MinuteRange => {
      if (start_time === '' || end_time === '')
        throw new InputError('VED_ALERTING_INVALID', 'both start and end times must be provided');
      const startMinute = parseMinuteOfDay(start_time);
      const endMinute = parseMinuteOfDay(end_time);
      if (startMinute >= endMinute)
        throw new InputError('VED_ALERTING_INVALID', 'start time cannot be equal or greater than end time');
      return { startMinute, endMinute };
    }),
  );

/** Alertmanager's time interval: fields are ANDed, lists ORed. */
export const timeIntervalConfig = fields.printedAs(
  z
    .strictObject({
      times: z.array(timeRange).optional().describe('Times of day.'),
      weekdays: rangesOf(parseWeekdayRange).describe('Days of the week: monday, monday:friday.'),
      days_of_month: rangesOf(parseDayOfMonthRange).describe('Days of the month: 1:5, -3:-1 from its end.'),
      months: rangesOf(parseMonthRange).describe('Months by name or number: may:august, 12.'),
      years: rangesOf(parseYearRange).describe('Years: 2026, 2026:2028.'),
      location: fields
        .text()
        .describe(
          'Place whose clock counts, such as Australia/Sydney; UTC when empty; Local is this machine.',
        ),
    })
    .transform(({ days_of_month: daysOfMonth, location, ...rest }, context) =>
      orIssue(context, () => new TimeInterval({ ...rest, daysOfMonth, location: location || undefined })),
    ),
  printTimeInterval,
);

function printTimeInterval({
  fields: { times, weekdays, daysOfMonth, months, years, location },
}: TimeInterval): unknown {
  const printed = {
    times: times?.map(({ startMinute, endMinute }) => ({
      start_time: formatMinuteOfDay(startMinute),
      end_time: formatMinuteOfDay(endMinute),
    })),
    weekdays: weekdays?.map(formatWeekdayRange),
    days_of_month: daysOfMonth?.map(formatRange),
    months: months?.map(formatRange),
    years: years?.map(formatRange),
    location,
  };
  return Object.fromEntries(
    Object.entries(printed).filter(([, value]) => value !== undefined && value.length > 0),
  );
}

/** What `parse` throws as a fault at the place of the value. */
function orIssue<T>(context: z.RefinementCtx, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
    return z.NEVER;
  }
}
