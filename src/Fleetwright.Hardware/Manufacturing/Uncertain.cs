using Fleetwright.Catalog.Foundry;
using Fleetwright.Catalog.Reading;
using Fleetwright.Hardware.Statistics;

namespace Fleetwright.Hardware.Manufacturing;

/// <summary>A quantity that sources bound and do not settle: triangular between low and high with its peak at the value.</summary>
/// <param name="Name">The name of its random stream, such as <c>wafer-price:tsmc-n5</c>: the same name is the same draw in every chip compared.</param>
/// <param name="Label">What it is, for tables.</param>
/// <param name="Low">The lowest value.</param>
/// <param name="Value">The central value.</param>
/// <param name="High">The highest value.</param>
/// <param name="Group">The name of a stream that moves it together with others; null for none.</param>
/// <param name="Scale">From base units to those of the label.</param>
internal sealed record Uncertain(string Name, string Label, double Low, double Value, double High, string? Group, double Scale)
{
    public bool IsFixed => !(Low < High);

    /// <summary>The value below which a share <paramref name="probability"/> lies.</summary>
    public double Quantile(double probability)
    {
        if (IsFixed)
        {
            return Value;
        }

        double width = High - Low, left = (Value - Low) / width;
        return probability < left
            ? Low + Math.Sqrt(probability * width * (Value - Low))
            : High - Math.Sqrt((1 - probability) * width * (High - Value));
    }
}

/// <summary>The uncertain quantities of one or several chips, drawn together.</summary>
internal sealed class UncertainSet(ulong seed, ManufacturingDefaults defaults)
{
    private readonly List<Uncertain> _items = [];
    private readonly List<RandomStream> _own = [];
    private readonly List<RandomStream> _shared = [];
    private readonly Dictionary<string, int> _byName = new(StringComparer.Ordinal);

    // √ρ and √(1−ρ): the weights of the shared and the own normal number, so that the sum is standard normal again.
    private readonly double _together = Math.Sqrt(defaults.FoundryCorrelation), _alone = Math.Sqrt(1 - defaults.FoundryCorrelation);

    public IReadOnlyList<Uncertain> Items => _items;

    public double[] Central => [.. _items.Select(i => i.Value)];

    /// <summary>The place of a fact; one without a range gets the catalogue's assumed spread for its confidence.</summary>
    public int Add(string name, string label, Fact fact, string? group = null, double most = double.PositiveInfinity, double scale = 1)
    {
        double spread = fact.HasRange ? 0 : defaults.SpreadOf(fact.Confidence);
        return Add(new Uncertain(name, label, fact.HasRange ? fact.Low : fact.Value * (1 - spread), fact.Value, Math.Min(most, fact.HasRange ? fact.High : fact.Value * (1 + spread)), group, scale));
    }

    /// <summary>The place of a fact that is taken as exact unless it states a range.</summary>
    public int AddExact(string name, string label, Fact fact) => Add(new Uncertain(name, label, fact.Low, fact.Value, fact.High, null, 1));

    /// <summary>Fills <paramref name="values"/> with draw <paramref name="index"/>.</summary>
    public void Draw(int index, Span<double> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            Uncertain item = _items[i];
            values[i] = item.IsFixed ? item.Value
                : item.Quantile(item.Group is null ? _own[i].Unit(index) : Normal.Cumulative((_together * _shared[i].Normal(index)) + (_alone * _own[i].Normal(index))));
        }
    }

    private int Add(Uncertain item)
    {
        if (!_byName.TryGetValue(item.Name, out int place))
        {
            place = _items.Count;
            _items.Add(item);
            _own.Add(new RandomStream(seed, item.Name));
            _shared.Add(new RandomStream(seed, item.Group ?? ""));
            _byName.Add(item.Name, place);
        }

        return place;
    }
}
