namespace Fleetwright.Catalog.Reading;

/// <summary>Finds the names that a mistyped one was probably meant to be.</summary>
public static class NearMiss
{
    // Nobody mistypes a name this long, and the distance below takes length × length memory.
    private const int LongestName = 100;

    /// <summary>Up to <paramref name="count"/> of <paramref name="known"/> nearest to <paramref name="found"/>: by containment, then by edit distance of at most a third of the length.</summary>
    public static IReadOnlyList<string> Of(string found, IEnumerable<string> known, int count = 3)
    {
        if (found.Length > LongestName)
        {
            return [];
        }

        string needle = Normal(found);
        return [.. known
            .Where(name => name.Length <= LongestName)
            .Select(name => (Name: name, Distance: Distance(needle, Normal(name))))
            .Where(c => c.Distance <= Math.Max(2, needle.Length / 3) || (needle.Length >= 3 && Normal(c.Name).Contains(needle, StringComparison.Ordinal)))
            .OrderBy(c => c.Distance)
            .ThenBy(c => c.Name, StringComparer.Ordinal)
            .Take(count)
            .Select(c => c.Name)];
    }

    /// <summary>A sentence tail such as <c> (did you mean h100-sxm or h200-sxm?)</c>, or nothing when no name is near.</summary>
    public static string Suggestion(string found, IEnumerable<string> known)
    {
        IReadOnlyList<string> near = Of(found, known);
        return near.Count == 0 ? "" : $" (did you mean {string.Join(" or ", near)}?)";
    }

    private static string Normal(string text) =>
        new([.. text.ToLowerInvariant().Where(char.IsLetterOrDigit)]);

    // Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours.
    private static int Distance(string a, string b)
    {
        int[,] d = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    d[i, j] = i + j;
                    continue;
                }

                int cost = a[i - 1] == b[j - 1] ? 0 : 1;
                d[i, j] = Math.Min(Math.Min(d[i - 1, j], d[i, j - 1]) + 1, d[i - 1, j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
                }
            }
        }

        return d[a.Length, b.Length];
    }
}
