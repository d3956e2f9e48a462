using Fleetwright.Catalog.Reading;
using Fleetwright.Serving.Simulation.Traffic.Arrivals;
using Fleetwright.Serving.Simulation.Traffic.Generated;
using Fleetwright.Serving.Simulation.Traffic.Lengths;
using Fleetwright.Serving.Simulation.Traffic.Randomness;
using Fleetwright.Serving.Simulation.Traffic.Transforms;

namespace Fleetwright.Serving.Simulation.Traffic.Traces;

/// <summary>
/// A ServeGen client set (Xiang et al., arXiv 2505.09999): the rates, burstiness and lengths of each client of a real service by window, from which
/// requests are drawn. Every client is a stream of its own; every window is a stationary renewal process with the window's rate and shape.
/// </summary>
public sealed class ServeGenSet
{
    private readonly ServeGenClient[] _clients;

    private ServeGenSet(ServeGenClient[] clients, IReadOnlyList<string> notes) => (_clients, Notes) = (clients, notes);

    /// <summary>What the user should know about the set, one line each.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>Clients that send.</summary>
    public int Clients => _clients.Length;

    /// <summary>Seconds that the set covers.</summary>
    public double Seconds => _clients.Max(c => c.EndSeconds);

    /// <summary>Reads a set.</summary>
    /// <param name="path">A folder or a tar archive, gzipped or not, with files <c>chunk-N-trace.csv</c> and <c>chunk-N-dataset.json</c>.</param>
    /// <exception cref="InputException">The set is missing, cut or damaged, or a field is wrong, or no client has lengths.</exception>
    public static ServeGenSet Read(string path)
    {
        List<ServeGenClient> all = [.. ServeGenFiles.Read(path).Where(c => c.Value.Trace is not null).Select(c => ServeGenClient.Read(path, c.Key, c.Value.Trace!, c.Value.Dataset))];
        ServeGenClient[] whole = [.. all.Where(c => c.Lengths.Count > 0)];
        double lost = all.Where(c => c.Lengths.Count == 0).Sum(c => c.Expected), total = all.Sum(c => c.Expected);
        return whole.Length > 0 ? new ServeGenSet(whole, whole.Length == all.Count ? [] :
        [
            FormattableString.Invariant($"{path}: {all.Count - whole.Length} of {all.Count} clients have no lengths and are left out, with {lost / total:P1} of the requests"),
        ])
        : throw new InputException(path, FormattableString.Invariant($"none of {all.Count} clients has lengths (chunk-N-dataset.json); allowed: at least one"));
    }

    /// <summary>Mean requests per second of a window.</summary>
    public double MeanPerSecond(double fromSeconds = 0, double toSeconds = Ticks.MostSeconds)
    {
        toSeconds = Math.Min(toSeconds, Seconds);
        return _clients.Sum(c => c.Windows.Sum(w => w.PerSecond * Math.Max(0, Math.Min(toSeconds, w.Seconds + c.WindowSeconds) - Math.Max(fromSeconds, w.Seconds)))) / (toSeconds - fromSeconds);
    }

    /// <summary>The requests of a window of the set, counted in time from the window's start.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="fromSeconds">Start of the window.</param>
    /// <param name="toSeconds">Its end.</param>
    /// <param name="rate">What all rates are multiplied by.</param>
    /// <exception cref="InputException">The window lies outside the set, or the factor is not above 0.</exception>
    public IRequestSource Open(ulong seed, double fromSeconds = 0, double toSeconds = Ticks.MostSeconds, double rate = 1)
    {
        toSeconds = Math.Min(toSeconds, Seconds);
        if (fromSeconds is not (>= 0 and <= Ticks.MostSeconds) || !(fromSeconds < toSeconds) || rate is not (> 0 and <= 1e6))
        {
            throw new InputException("window", FormattableString.Invariant($"found {fromSeconds} s to {toSeconds} s at {rate} times the rate; allowed: within the {Seconds} s of the set, a factor above 0 up to 1,000,000"));
        }

        return new MergedSource(_clients.Select(c =>
        {
            string name = FormattableString.Invariant($"servegen/{c.Number}");
            var model = new ArrivalModel(new ClientRate(c, fromSeconds, toSeconds, rate), GapModel.Poisson);
            return new GeneratedSource(new ArrivalProcess(model, seed, name), new ClientDraw(c, fromSeconds, seed, name), 0, 0, 1);
        }));
    }

    private sealed record ClientRate(ServeGenClient Client, double FromSeconds, double ToSeconds, double Factor) : RateModel
    {
        public override double MeanPerSecond => Client.Expected * Factor / Client.EndSeconds;

        public override RateModel Times(double factor) => this with { Factor = Factor * factor };

        internal override RatePath Path(ulong seed, string entity) => new ClientPath(this);
    }

    private sealed class ClientPath : RatePath
    {
        private readonly ClientRate _rate;
        private int _next;

        public ClientPath(ClientRate rate)
        {
            _rate = rate;
            IReadOnlyList<ServeGenWindow> windows = rate.Client.Windows;
            while (_next < windows.Count && windows[_next].Seconds + rate.Client.WindowSeconds <= rate.FromSeconds)
            {
                _next++;
            }

            // Before a client's first window, and when all of its windows are past, nothing comes.
            Gaps = GapModel.Poisson;
            if (_next < windows.Count && windows[_next].Seconds <= rate.FromSeconds)
            {
                MoveNext();
            }
            else
            {
                End = _next < windows.Count ? Ticks.Of(Math.Min(windows[_next].Seconds, rate.ToSeconds) - rate.FromSeconds) : Ticks.Of(rate.ToSeconds - rate.FromSeconds);
            }
        }

        public override bool MoveNext()
        {
            ServeGenClient client = _rate.Client;
            if (_next >= client.Windows.Count || client.Windows[_next].Seconds >= _rate.ToSeconds)
            {
                return false;
            }

            ServeGenWindow window = client.Windows[_next++];
            (PerSecond, Gaps) = (window.PerSecond * _rate.Factor, window.Gaps);
            End = Ticks.Of(Math.Min(window.Seconds + client.WindowSeconds, _rate.ToSeconds) - _rate.FromSeconds);
            return true;
        }
    }

    private sealed class ClientDraw(ServeGenClient client, double fromSeconds, ulong seed, string entity) : PairDraw
    {
        private readonly long[] _starts = [.. client.Lengths.Select(l => (long)((l.Seconds - fromSeconds) * Ticks.PerSecond))];
        private RandomStream _prompts = new(seed, entity, "prompt");
        private RandomStream _outputs = new(seed, entity, "output");
        private int _at;

        public override int Next(long arrival, out int output)
        {
            // A window without lengths of its own has those of the one before, the first ones those of the first that has any.
            while (_at + 1 < _starts.Length && _starts[_at + 1] <= arrival)
            {
                _at++;
            }

            ServeGenLengths lengths = client.Lengths[_at].Lengths;
            output = lengths.Output(ref _outputs);
            return lengths.Prompt(ref _prompts);
        }
    }
}
