using Fleetwright.Catalog.Reading;
using Fleetwright.Serving.Simulation.Resuming;

namespace Fleetwright.Serving.Simulation.Traffic;

/// <summary>What is done with a prompt that fills the model's context.</summary>
public enum LongPrompts
{
    /// <summary>The request is turned away and counted.</summary>
    Reject,

    /// <summary>The prompt is cut so that it and the answer fit, and counted.</summary>
    Truncate,
}

/// <summary>The context of the model that serves: a prompt and its answer together have at most so many tokens. Counts what it changes.</summary>
/// <param name="tokens">Tokens of the context, at least 2.</param>
/// <param name="rule">What is done with a prompt that leaves no room for an answer.</param>
public sealed class ContextLimit(int tokens, LongPrompts rule) : IState
{
    /// <summary>Tokens of the context.</summary>
    public int Tokens { get; } = tokens >= 2 ? tokens : throw new InputException("context", FormattableString.Invariant($"found {tokens} tokens; allowed: at least 2, one of a prompt and one of an answer"));

    /// <summary>Requests turned away.</summary>
    public long Rejected { get; private set; }

    /// <summary>Prompts cut.</summary>
    public long Truncated { get; private set; }

    /// <summary>Answers that end where the context does, their prompts being whole.</summary>
    public long Shortened { get; private set; }

    /// <summary>One line on what was changed; null when nothing was.</summary>
    public string? Note => Rejected + Truncated + Shortened == 0 ? null
        : FormattableString.Invariant($"context of {Tokens} tokens: {Rejected} requests turned away, {Truncated} prompts cut, {Shortened} answers shortened");

    /// <summary>Makes a request fit; false when it is turned away.</summary>
    internal bool Fit(ref int prompt, ref int output)
    {
        if ((long)prompt + output <= Tokens)
        {
            return true;
        }

        if (prompt < Tokens)
        {
            output = Tokens - prompt;
            Shortened++;
            return true;
        }

        if (rule == LongPrompts.Reject)
        {
            Rejected++;
            return false;
        }

        output = Math.Min(output, Tokens - 1);
        prompt = Tokens - output;
        Truncated++;
        return true;
    }

    /// <inheritdoc/>
    void IState.Transfer(StateTransfer state)
    {
        Rejected = state.Of(Rejected);
        Truncated = state.Of(Truncated);
        Shortened = state.Of(Shortened);
    }
}
