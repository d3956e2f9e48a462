namespace Fleetwright.Serving.Simulation.Traffic.Traces;

/// <summary>Dates such as <c>2023-11-16 18:17:03.9799600</c>, with a T or a space, up to seven digits of a second, and an offset from UTC or none.</summary>
internal static class TraceDate
{
    /// <summary>The date in units of 100 ns.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out long date)
    {
        date = 0;
        if (text.Length < 19 || text[4] != '-' || text[7] != '-' || text[10] is not ((byte)' ' or (byte)'T') || text[13] != ':' || text[16] != ':'
            || !Digits(text[..4], out int year) || !Digits(text[5..7], out int month) || !Digits(text[8..10], out int day)
            || !Digits(text[11..13], out int hour) || !Digits(text[14..16], out int minute) || !Digits(text[17..19], out int second)
            || year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 59)
        {
            return false;
        }

        date = new DateTime(year, month, day, hour, minute, second, DateTimeKind.Utc).Ticks;
        ReadOnlySpan<byte> rest = text[19..];
        if (rest.Length > 0 && rest[0] == '.')
        {
            long unit = TimeSpan.TicksPerSecond;
            int i = 1;
            for (; i < rest.Length && rest[i] is >= (byte)'0' and <= (byte)'9'; i++)
            {
                date += (rest[i] - '0') * (unit /= 10);
            }

            if (i == 1)
            {
                return false;
            }

            rest = rest[i..];
        }

        return rest.Length == 0 || rest is [(byte)'Z'] || TryOffset(rest, ref date);
    }

    private static bool TryOffset(ReadOnlySpan<byte> text, ref long date)
    {
        if (text.Length != 6 || text[0] is not ((byte)'+' or (byte)'-') || text[3] != ':' || !Digits(text[1..3], out int hours) || !Digits(text[4..], out int minutes) || hours > 14 || minutes > 59)
        {
            return false;
        }

        long offset = ((hours * 60L) + minutes) * TimeSpan.TicksPerMinute;
        date -= text[0] == '+' ? offset : -offset;
        return date >= 0;
    }

    private static bool Digits(ReadOnlySpan<byte> text, out int value)
    {
        value = 0;
        foreach (byte b in text)
        {
            if (b is < (byte)'0' or > (byte)'9')
            {
                return false;
            }

            value = (value * 10) + (b - '0');
        }

        return true;
    }
}
