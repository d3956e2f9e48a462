using System.Globalization;

namespace Fleetwright.Catalog.Reading;

/// <summary>One thing wrong with an input, told so that its author can mend it.</summary>
/// <param name="File">The file as the user named it, or the option on the command line.</param>
/// <param name="Line">1-based line, or 0 when the problem has no place in a file.</param>
/// <param name="Column">1-based column, or 0.</param>
/// <param name="Field">The path of the field, such as <c>models[2].parameters</c>; empty for the whole file.</param>
/// <param name="Message">What was found and what is allowed.</param>
public sealed record Diagnostic(string File, long Line, long Column, string Field, string Message)
{
    private const int LongestText = 1000;

    /// <summary><c>file:line:column: field: message</c> on one line, leaving out what is unknown.</summary>
    /// <remarks>Control characters of the input are shown as � and very long text is cut, since a terminal would obey the one and drown in the other.</remarks>
    public override string ToString()
    {
        string place = Line > 0 ? string.Create(CultureInfo.InvariantCulture, $"{File}:{Line}:{Column}: ") : File.Length > 0 ? $"{File}: " : "";
        return Plain(Field.Length > 0 ? $"{place}{Field}: {Message}" : place + Message);
    }

    private static string Plain(string text)
    {
        string cut = text.Length > LongestText ? string.Concat(text.AsSpan(0, LongestText), " …") : text;
        return string.Create(cut.Length, cut, static (span, from) =>
        {
            for (int i = 0; i < span.Length; i++)
            {
                span[i] = char.IsControl(from[i]) ? '\uFFFD' : from[i];
            }
        });
    }
}

/// <summary>An input that cannot be used, with every problem that was found in it. The command line turns it into exit code 2.</summary>
public sealed class InputException : Exception
{
    /// <summary>An input with the given problems; at least one.</summary>
    public InputException(IReadOnlyList<Diagnostic> diagnostics)
        : base(string.Join(Environment.NewLine, diagnostics))
        => Diagnostics = diagnostics;

    /// <summary>An input with one problem that has no place in a file, such as an option.</summary>
    public InputException(string subject, string message)
        : this([new Diagnostic(subject, 0, 0, "", message)])
    {
    }

    /// <summary>Every problem found, in file order.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics { get; }
}
