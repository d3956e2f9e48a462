using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fleetwright.Catalog.Reading;
using Fleetwright.Edge.Placement;
using Fleetwright.Edge.Reading;
using Fleetwright.Edge.Turns;

namespace Fleetwright.Edge.Policies;

/// <summary>
/// A <see cref="Policy"/> as JSON that an app carries: <c>docs/edge-policy.md</c> and <c>docs/schemas/policy.schema.json</c>.
/// Limits that are infinite, and tiers and models that are none, have no key.
/// </summary>
public static class PolicyFile
{
    /// <summary>What the key <c>schema</c> says in this version.</summary>
    public const string Schema = "fleetwright-policy/1";

    /// <summary>The JSON text of a policy, indented, its lines ended by a line feed. Numbers come back as they went.</summary>
    /// <exception cref="ArgumentException">A route's tier or fallback is several at once, or a number is not one.</exception>
    public static string Write(Policy policy)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("schema", Schema);
            json.WriteString("product", policy.Product);
            json.WriteString("device", policy.Device);
            json.WriteStartArray("classes");
            foreach (ClassRoutes choice in policy.Classes)
            {
                json.WriteStartObject();
                json.WriteString("class", choice.Class);
                json.WriteStartArray("routes");
                foreach (Route route in choice.Routes)
                {
                    Write(json, route);
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }

    /// <summary>Reads a policy file.</summary>
    /// <exception cref="InputException">The file is missing, cut, no policy, or wrong; with every problem in it, its place, what was found and what is allowed.</exception>
    public static Policy Read(string path) => PolicyFileReader.Read(JsonItem.Bytes(path), path);

    /// <summary>Reads the JSON text of a policy.</summary>
    /// <param name="json">The text.</param>
    /// <param name="file">Its name in messages.</param>
    /// <exception cref="InputException">The text is cut, no policy, or wrong.</exception>
    public static Policy Parse(string json, string file) => PolicyFileReader.Read(Encoding.UTF8.GetBytes(json), file);

    private static void Write(Utf8JsonWriter json, Route route)
    {
        json.WriteStartObject();
        json.WriteString("tier", TierNames.Of(route.Tier));
        if (route.Model is { } model)
        {
            json.WriteString("model", model);
        }

        Limit("longest_prompt_tokens", route.LongestPromptTokens);
        Limit("context_cap_tokens", route.ContextCapTokens);
        Limit("timeout_seconds", route.TimeoutSeconds);
        if (route.Fallback != Tiers.None)
        {
            json.WriteString("fallback", TierNames.Of(route.Fallback));
        }

        json.WriteEndObject();

        void Limit(string key, double value)
        {
            if (!double.IsPositiveInfinity(value))
            {
                json.WriteNumber(key, value);
            }
        }
    }
}
