using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Foundry;
using Fleetwright.Catalog.Links;
using Fleetwright.Catalog.Memories;
using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Reading;
using Fleetwright.Testing;

namespace Fleetwright.Catalog.Tests;

/// <summary>Damaged catalogue files are either read or refused with an <see cref="InputException"/>; nothing else is ever thrown.</summary>
public sealed class CatalogFuzzTests
{
    private const int DamagedFiles = 3000;
    private const string Alphabet = "\0\t\n\r !\"#$%&'()*+,-./0123456789:;<=>?@[\\]^_`abcxyzABCXYZ{|}~µé\u2028\ufeff\ud83d";

    private static readonly Dictionary<string, Action<YamlFile>> s_readers = new(StringComparer.Ordinal)
    {
        ["chips"] = f => ChipReader.Read(f),
        ["calibration"] = f => ChipCoefficientsReader.Read(f),
        ["models"] = f => ModelReader.Read(f),
        ["memories"] = f => MemoryReader.Read(f),
        ["links"] = f => LinkReader.Read(f),
        ["nodes"] = f => ProcessNodeReader.Read(f),
        ["sites"] = f => SiteReader.Read(f),
        ["packages"] = f => PackageKindReader.Read(f),
        ["manufacturing"] = f => ManufacturingDefaultsReader.Read(f),
    };

    [Fact]
    public void A_damaged_file_is_read_or_refused_but_never_crashes_the_reader()
    {
        (string Folder, string Text)[] files = [.. s_readers.Keys.SelectMany(folder =>
            Directory.EnumerateFiles(Repository.Path("catalog", folder), "*.yaml").Order(StringComparer.Ordinal).Select(f => (folder, File.ReadAllText(f))))];
        for (int seed = 0; seed < DamagedFiles; seed++)
        {
            var random = new Random(seed);
            (string folder, string text) = files[random.Next(files.Length)];
            string damaged = text;
            for (int i = random.Next(1, 6); i > 0; i--)
            {
                damaged = Damage(damaged, random);
            }

            try
            {
                YamlFile file = YamlFile.Parse("fuzz.yaml", damaged);
                s_readers[folder](file);
                file.Close();
            }
            catch (InputException)
            {
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed} ({folder}): {e.GetType().Name} {e.Message}\n{e.StackTrace}\n--- text\n{damaged}");
            }
        }
    }

    private static string Damage(string text, Random random)
    {
        int at = random.Next(text.Length + 1);
        string[] lines = text.Split('\n');
        int line = random.Next(lines.Length);
        switch (random.Next(7))
        {
            case 0:
                return text.Insert(at, Alphabet[random.Next(Alphabet.Length)].ToString());
            case 1:
                return text.Remove(at, Math.Min(random.Next(1, 20), text.Length - at));
            case 2:
                lines[line] = "";
                break;
            case 3:
                lines[line] += "\n" + lines[random.Next(lines.Length)];
                break;
            case 4:
                (lines[line], lines[0]) = (lines[0], lines[line]);
                break;
            case 5:
                lines[line] = new string(' ', random.Next(6)) + lines[line].TrimStart();
                break;
            default:
                return at < text.Length ? string.Concat(text.AsSpan(0, at), Alphabet[random.Next(Alphabet.Length)].ToString(), text.AsSpan(at + 1)) : text;
        }

        return string.Join('\n', lines);
    }
}
