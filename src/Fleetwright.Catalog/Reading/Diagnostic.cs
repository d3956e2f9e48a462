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
    /// <summary><c>file:line:column: field: message</c>, leaving out what is unknown.</summary>
    public override string ToString()
    {
        string place = Line > 0 ? string.Create(CultureInfo.InvariantCulture, $"{File}:{Line}:{Column}: ") : File.Length > 0 ? $"{File}: " : "";
        return Field.Length > 0 ? $"{place}{Field}: {Message}" : place + Message;
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
