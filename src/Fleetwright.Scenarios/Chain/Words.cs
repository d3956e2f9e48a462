using System.Text;

namespace Fleetwright.Scenarios.Chain;

/// <summary>Names of enumeration members as people write them.</summary>
internal static class Words
{
    /// <summary><c>FeedForwardUp</c> becomes <c>feed forward up</c>; <c>Ttft</c> and <c>Tpot</c> become capitals.</summary>
    public static string Of<T>(T value)
        where T : struct, Enum
    {
        string name = value.ToString();
        if (name is "Ttft" or "Tpot")
        {
            return name.ToUpperInvariant();
        }

        var text = new StringBuilder();
        foreach (char c in name)
        {
            if (char.IsUpper(c) && text.Length > 0)
            {
                text.Append(' ');
            }

            text.Append(char.ToLowerInvariant(c));
        }

        return text.ToString();
    }
}
