namespace Fleetwright.Training.Jobs;

/// <summary>Batches given in tokens.</summary>
public static class BatchSize
{
    /// <summary>
    /// Sequences nearest to <paramref name="batchTokens"/>, rounded to a multiple of a quarter of the power of two below, so that
    /// replicas can divide them: 16 M tokens of 8,192 are 1,953.1 sequences and become 2,048, as Llama 3 trained.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The batch is less than half a sequence, or too large to count.</exception>
    public static int Sequences(double batchTokens, int sequenceLength)
    {
        double exact = batchTokens / sequenceLength;
        if (!(exact >= 0.5 && exact < int.MaxValue / 2))
        {
            throw new ArgumentOutOfRangeException(nameof(batchTokens), batchTokens, $"a batch must hold at least half a sequence of {sequenceLength} tokens");
        }

        int unit = Math.Max(1, (1 << (int)Math.Log2(Math.Max(1, exact))) / 4);
        return Math.Max(1, (int)Math.Round(exact / unit, MidpointRounding.AwayFromZero)) * unit;
    }
}
