using System.Globalization;

namespace Fleetwright.Serving.Simulation.Timelines;

/// <summary>
/// Events of one process in the Trace Event Format, each after a comma and on a line of its own. Times are microseconds with six decimals, which are ticks. Names and
/// arguments are the engine's own words and numbers, so nothing has to be escaped.
/// </summary>
internal sealed class TraceEventWriter(TextWriter writer, int process)
{
    // The thread of iterations; ranks have the ones after it. Requests have no thread.
    public const int Iterations = 1;

    /// <summary>Names the process (thread 0) or a thread of it.</summary>
    public void Name(int thread, string name) =>
        Write(thread, FormattableString.Invariant($"\"ph\":\"M\",\"name\":\"{(thread == 0 ? "process_name" : "thread_name")}\""), FormattableString.Invariant($"\"name\":\"{name}\""));

    /// <summary>
    /// Something that takes time on a thread: its beginning and its end. Not one event with a duration: viewers add that up in floating point, where it may reach past the beginning of the next,
    /// which is then drawn inside it.
    /// </summary>
    public void Slice(int thread, string category, string name, long from, long to, string arguments)
    {
        Write(thread, $"\"ph\":\"B\",\"cat\":\"{category}\",\"name\":\"{name}\",\"ts\":{Microseconds(from)}", arguments);
        Write(thread, $"\"ph\":\"E\",\"cat\":\"{category}\",\"name\":\"{name}\",\"ts\":{Microseconds(to)}", "");
    }

    /// <summary>Values at a time.</summary>
    public void Counter(string name, long at, string values) => Write(0, $"\"ph\":\"C\",\"name\":\"{name}\",\"ts\":{Microseconds(at)}", values);

    /// <summary>Something that happens on a thread.</summary>
    public void Instant(int thread, string category, string name, long at, string arguments) =>
        Write(thread, $"\"ph\":\"i\",\"s\":\"t\",\"cat\":\"{category}\",\"name\":\"{name}\",\"ts\":{Microseconds(at)}", arguments);

    /// <summary>The beginning of something that overlaps with others; those of one category and id nest.</summary>
    public void Begin(string category, long id, string name, long at, string arguments = "") => Async('b', category, id, name, at, arguments);

    /// <summary>Its end.</summary>
    public void End(string category, long id, string name, long at, string arguments = "") => Async('e', category, id, name, at, arguments);

    private static string Microseconds(long ticks) => string.Create(CultureInfo.InvariantCulture, $"{ticks / 1_000_000}.{ticks % 1_000_000:000000}");

    private void Async(char phase, string category, long id, string name, long at, string arguments) =>
        Write(0, FormattableString.Invariant($"\"ph\":\"{phase}\",\"cat\":\"{category}\",\"id\":\"{id}\",\"name\":\"{name}\",\"ts\":{Microseconds(at)}"), arguments);

    private void Write(int thread, string fields, string arguments) =>
        writer.Write(FormattableString.Invariant($",\n{{{fields},\"pid\":{process},\"tid\":{thread},\"args\":{{{arguments}}}}}"));
}
