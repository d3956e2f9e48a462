using Fleetwright.Serving.Simulation.Traffic.Randomness;

namespace Fleetwright.Serving.Simulation.Traffic.Lengths;

/// <summary>Draws the lengths of one request after another.</summary>
internal abstract class PairDraw
{
    /// <param name="arrival">When the request arrives, for lengths that change with time.</param>
    /// <param name="output">Tokens of the answer.</param>
    /// <returns>Tokens of the prompt.</returns>
    public abstract int Next(long arrival, out int output);
}

/// <summary>Prompts and answers have a stream each, so that another distribution for one leaves the other's lengths as they were.</summary>
internal sealed class IndependentDraw(LengthDraw prompt, LengthDraw output, ulong seed, string entity) : PairDraw
{
    private readonly LengthDraw _prompt = prompt;
    private readonly LengthDraw _output = output;
    private RandomStream _prompts = new(seed, entity, "prompt");
    private RandomStream _outputs = new(seed, entity, "output");

    public override int Next(long arrival, out int output)
    {
        output = _output.Next(ref _outputs);
        return _prompt.Next(ref _prompts);
    }
}

internal sealed class PairedDraw((int Prompt, int Output)[] pairs, ulong seed, string entity) : PairDraw
{
    private RandomStream _random = new(seed, entity, "lengths");

    public override int Next(long arrival, out int output)
    {
        (int prompt, output) = pairs[_random.Below(pairs.Length)];
        return prompt;
    }
}

internal sealed class OrderedDraw((int Prompt, int Output)[] pairs) : PairDraw
{
    private int _next;

    public override int Next(long arrival, out int output)
    {
        (int prompt, output) = pairs[_next];
        _next = _next + 1 == pairs.Length ? 0 : _next + 1;
        return prompt;
    }
}
