using Fleetwright.Catalog;
using Fleetwright.Hardware.Calibration;

namespace Fleetwright.Validation;

/// <summary>What a section gets to score with, and where it puts what it found.</summary>
/// <param name="section">The section.</param>
/// <param name="context">What all sections share.</param>
internal sealed class SectionBuilder(IValidationSection section, ValidationContext context)
{
    private readonly List<string> _absent = [];
    private readonly List<Block> _blocks = [];
    private readonly Dictionary<BarDefinition, Bar> _judged = [];

    /// <summary>Facts.</summary>
    public FleetCatalog Catalog => context.Catalog;

    /// <summary>Signalled when the run is to stop.</summary>
    public CancellationToken Cancellation => context.Cancellation;

    /// <summary>What all sections share.</summary>
    public ValidationContext Context => context;

    /// <summary>The path of a public table, or null when it is absent, which the page then says.</summary>
    /// <param name="relative">Below the folder of data, with slashes.</param>
    public string? Find(string relative)
    {
        if (context.Data is { } data)
        {
            string path = Path.Combine([data, .. relative.Split('/')]);
            if (File.Exists(path) || Directory.Exists(path))
            {
                return path;
            }
        }

        _absent.Add(relative);
        return null;
    }

    /// <summary>Writes a paragraph.</summary>
    public void Text(string text) => _blocks.Add(new Block(text));

    /// <summary>Writes a table, when it has rows.</summary>
    public void Table(IReadOnlyList<string> headers, IEnumerable<IReadOnlyList<string>> rows)
    {
        IReadOnlyList<string>[] all = [.. rows];
        if (all.Length > 0)
        {
            _blocks.Add(new Block(Table: new ResultTable(headers, all)));
        }
    }

    /// <summary>Draws predicted against measured, a colour a series.</summary>
    public void Scatter(string name, string title, string unit, IEnumerable<(string Name, IEnumerable<ScoredRow> Rows)> series) =>
        Draw(new Plot(name, title, $"measured ({unit})", $"predicted ({unit})") { Series = [.. series.Select(s => new PlotSeries(s.Name, [.. s.Rows.Select(r => (r.Measured, r.Predicted))]))] });

    /// <summary>Draws a plot, when it has points.</summary>
    public void Draw(Plot plot)
    {
        if (plot.Series.Any(s => s.Points.Count > 0))
        {
            _blocks.Add(new Block(Plot: plot with { Series = [.. plot.Series.Where(s => s.Points.Count > 0)] }));
        }
    }

    /// <summary>Says whether a bar is met.</summary>
    public void Judge(BarDefinition bar, string found, bool isMet) => _judged[bar] = new Bar(bar.Issue, bar.Set, bar.Limit, found, isMet ? BarVerdict.Met : BarVerdict.Missed);

    /// <summary>Says that a test of the program holds a bar.</summary>
    public void Held(BarDefinition bar, string by) => _judged[bar] = new Bar(bar.Issue, bar.Set, bar.Limit, by, BarVerdict.Tested);

    /// <summary>Says whether errors of several sets all keep a bar: the worst is named.</summary>
    public void Judge(BarDefinition bar, IEnumerable<(string Name, double Mape, double Median)> scores)
    {
        (string Name, double Mape, double Median)[] all = [.. scores];
        if (all.Length == 0)
        {
            return;
        }

        (string Name, double Mape, double Median) mape = all.MaxBy(s => s.Mape), median = all.MaxBy(s => s.Median);
        string Of(string name) => all.Length > 1 ? $" ({name})" : "";
        string found = string.Join("; ", new[]
        {
            double.IsFinite(bar.Mape) ? $"{(all.Length > 1 ? "worst " : "")}MAPE {Show.Percent(mape.Mape)}{Of(mape.Name)}" : "",
            double.IsFinite(bar.Median) ? $"{(all.Length > 1 ? "worst " : "")}median {Show.Percent(median.Median)}{Of(median.Name)}" : "",
        }.Where(t => t.Length > 0));
        Judge(bar, found, all.All(s => bar.IsMetBy(s.Mape, s.Median)));
    }

    /// <summary>Says whether one set keeps a bar.</summary>
    public void Judge(BarDefinition bar, ErrorScore score)
    {
        if (score.Rows > 0)
        {
            Judge(bar, [("", score.Mape, score.Median)]);
        }
    }

    /// <summary>The finished section.</summary>
    public SectionResult Result() => new(section.Id, section.Title, _absent, _blocks);

    /// <summary>Its bars, in the order in which it declares them.</summary>
    public IEnumerable<Bar> Bars() => section.Bars.Select(b => _judged.TryGetValue(b, out Bar? bar) ? bar : new Bar(b.Issue, b.Set, b.Limit, "", BarVerdict.NotScored));
}
