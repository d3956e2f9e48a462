using Fleetwright.Edge.Turns;

namespace Fleetwright.Edge.Placement;

/// <summary>Prompts and replies of a class as equally likely lengths, each the mean of its part: what is integrated over and drawn from.</summary>
internal sealed class LengthGrid
{
    public const int Prompts = 512;
    public const int Replies = 8;
    private const int Parts = 8;

    public LengthGrid(PlacementClass turns)
    {
        Prompt = Lay(turns.Prompt, Prompts);
        Reply = Lay(turns.Reply, Replies);
        Limit = new double[Prompts];
        for (int i = 0; i < Prompts; i++)
        {
            Limit[i] = i == Prompts - 1 ? double.PositiveInfinity : Math.Floor(turns.Prompt.Quantile((i + 1.0) / Prompts));
        }
    }

    /// <summary>Prompt tokens, rising.</summary>
    public double[] Prompt { get; }

    /// <summary>Reply tokens, rising.</summary>
    public double[] Reply { get; }

    /// <summary>The longest prompt that counts to a part, in whole tokens; infinite for the last.</summary>
    public double[] Limit { get; }

    /// <summary>How many parts hold prompts of at most <paramref name="tokens"/>.</summary>
    public int CountUpTo(double tokens)
    {
        int count = 0;
        while (count < Prompts && Prompt[count] <= tokens)
        {
            count++;
        }

        return count;
    }

    private static double[] Lay(TokenLengths lengths, int count)
    {
        double[] tokens = new double[count];
        for (int i = 0; i < count; i++)
        {
            double sum = 0;
            for (int j = 0; j < Parts; j++)
            {
                sum += lengths.Quantile((i + ((j + 0.5) / Parts)) / count);
            }

            tokens[i] = Math.Max(1, sum / Parts);
        }

        return tokens;
    }
}
