namespace Fleetwright.Catalog.Models;

/// <summary>The largest sizes that a model may state: ten times those of any known one or more, and small enough that no count of parameters overflows.</summary>
internal static class ModelLimits
{
    public const int Hidden = 131_072;
    public const int Width = 1_048_576;
    public const int Heads = 16_384;
    public const int Layers = 2_000;
    public const int Experts = 4_096;
    public const int Vocabulary = 10_000_000;
    public const int Context = 1_000_000_000;
    public const long Tables = 100_000;
    public const long RowsPerTable = 10_000_000_000;
    public const int EmbeddingSize = 4_096;
}
