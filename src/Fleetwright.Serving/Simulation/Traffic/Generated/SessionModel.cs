using Fleetwright.Serving.Simulation.Traffic.Lengths;

namespace Fleetwright.Serving.Simulation.Traffic.Generated;

/// <summary>A conversation of several turns. The prompt of each is all that was said before and what the user adds.</summary>
public sealed record SessionModel
{
    /// <summary>Turns of a session.</summary>
    public required LengthModel Turns { get; init; }

    /// <summary>Tokens of the first prompt: system prompt, tools and the user's first words.</summary>
    public required LengthModel FirstPrompt { get; init; }

    /// <summary>Tokens that the user adds with each further turn.</summary>
    public required LengthModel UserTokens { get; init; }

    /// <summary>Tokens of each answer.</summary>
    public required LengthModel Output { get; init; }

    /// <summary>The pause before the next turn: after the answer when the user waits for it, else after the turn before was sent.</summary>
    public DelayModel Pause { get; init; }

    /// <summary>Whether the user waits for the answer (a closed loop) or sends turns at times that do not depend on the engine.</summary>
    public bool WaitsForAnswer { get; init; } = true;

    /// <summary>Tokens of the model's context: a session ends before the turn that would not fit.</summary>
    public int ContextTokens { get; init; } = 1 << 30;
}
