using Fleetwright.Catalog;
using Fleetwright.Hardware.Designs;
using Fleetwright.Scenarios.Output;
using Fleetwright.Serving.Engines;
using Fleetwright.Training.Failures;
using Spectre.Console;

namespace Fleetwright.Cli;

/// <summary>What every command gets: where to write, what to read facts from, and when to stop.</summary>
/// <param name="output">Answers.</param>
/// <param name="error">Progress and problems.</param>
/// <param name="cancellation">Signalled by Ctrl-C.</param>
public sealed class CommandContext(TextWriter output, TextWriter error, CancellationToken cancellation)
{
    private readonly Lazy<FleetCatalog> _catalog = new(FleetCatalog.OpenDefault);

    /// <summary>Where answers go.</summary>
    public TextWriter Output { get; } = output;

    /// <summary>Where progress and problems go.</summary>
    public TextWriter Error { get; } = error;

    /// <summary>Signalled when the user presses Ctrl-C.</summary>
    public CancellationToken Cancellation { get; } = cancellation;

    /// <summary>The catalogue that ships with the program.</summary>
    public FleetCatalog Catalog => _catalog.Value;

    /// <summary>Every kind of thing in the catalogue, those that the stages read for themselves included.</summary>
    public IReadOnlyList<CatalogKind> Kinds =>
    [
        .. Catalog.Kinds,
        CatalogKind.Of("designs", DesignReader.In(Catalog), d => d.Title),
        CatalogKind.Of("engines", EngineOptions.Of(Catalog), e => $"serving engine {e.Name}"),
        CatalogKind.Of("failures", FailureModel.In(Catalog), f => f.Title),
    ];

    /// <summary>Writes <paramref name="answer"/> as indented JSON with snake_case keys.</summary>
    public void WriteJson<T>(T answer) => Output.WriteLine(ResultsJson.Write(answer));

    /// <summary>Writes a table without colours, so that it reads the same in a file.</summary>
    /// <param name="headers">Column heads; columns whose head ends in <c>&gt;</c> are right-aligned (the mark is dropped).</param>
    /// <param name="rows">Cells, one array a row.</param>
    public void WriteTable(IReadOnlyList<string> headers, IEnumerable<IReadOnlyList<string>> rows)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (string header in headers)
        {
            bool right = header.EndsWith('>');
            var column = new TableColumn(Markup.Escape(right ? header[..^1] : header)) { NoWrap = true };
            table.AddColumn(right ? column.RightAligned() : column);
        }

        foreach (IReadOnlyList<string> row in rows)
        {
            table.AddRow([.. row.Select(Markup.Escape)]);
        }

        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(Output) });
        console.Profile.Width = 200;
        console.Write(table);
    }
}
