using System.Globalization;
using System.Text.RegularExpressions;
using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Models.HuggingFace;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace Fleetwright.Models.Tests;

public partial class HuggingFaceConfigTests(ITestOutputHelper output)
{
    // The size in a model's name is its maker's rounding; exact totals are compared below.
    [Fact]
    public void Every_collected_config_is_loaded_or_refused_with_a_reason()
    {
        string folder = Repository.SharedData("model_configs");
        int loaded = 0, refused = 0;
        foreach (string path in Directory.GetFiles(folder, "*.json").Order(StringComparer.Ordinal))
        {
            string name = Path.GetFileName(path).Replace("_config.json", "", StringComparison.Ordinal);
            try
            {
                ModelSpec model = HuggingFaceConfig.Read(path);
                ParameterCount count = ParameterCount.Of(model);
                loaded++;
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"loaded  {name} {count.Total / 1e9:0.00} B, {count.Active / 1e9:0.00} B active, {model.LayerCount} layers in {model.Layers.Count} groups, {model.NativeDtype.Name()}"));
                var graph = new ModelGraph(model, Precision.For(model.NativeDtype), Sharding.None);
                var operators = new Operators.Operator[graph.MaximumOperators];
                int written = graph.Step(new StepShape(2, 100, 3000, 16, 5000), operators);
                Assert.All(operators[..written], o => Assert.True(double.IsFinite(o.MatrixFlops + o.VectorFlops + o.MemoryBytes + o.MessageBytes) && o.Count > 0));
                Assert.True(graph.WeightBytesPerChip > 0 && graph.CacheBytesPerSequence(1000) > 0);
                Assert.Equal(name.Replace("--", "/", StringComparison.Ordinal), model.Name);
                if (NamedSize().Match(name) is { Success: true } named && !name.Contains("Maverick", StringComparison.Ordinal) && !name.Contains("Scout", StringComparison.Ordinal))
                {
                    double billions = double.Parse(named.Groups[1].Value, CultureInfo.InvariantCulture);
                    double tolerance = billions < 10 ? 0.12 : 0.065;
                    Assert.InRange(count.Total / 1e9 / billions, 1 - tolerance, 1 + tolerance);
                }
            }
            catch (InputException e)
            {
                refused++;
                output.WriteLine($"refused {name}: {e.Message}");
                Assert.All(e.Diagnostics, d => Assert.Equal("model_type", d.Field));
            }
        }

        Assert.True(loaded >= 49, $"{loaded} loaded, {refused} refused");
    }

    [Fact]
    public void Fp8_checkpoints_that_the_catalogue_lists_have_the_blocks_that_it_states()
    {
        int blocks = 0;
        foreach (string path in Directory.GetFiles(Repository.SharedData("model_configs"), "*.json"))
        {
            string name = Path.GetFileName(path).Replace("_config.json", "", StringComparison.Ordinal).Replace("--", "/", StringComparison.Ordinal);
            if (ParameterCountTests.Catalog.Models.Find(name) is { } listed && HuggingFaceConfig.Read(path) is { NativeDtype: Dtype.Fp8 } config)
            {
                // The text itself, not what is read of it.
                bool said = File.ReadAllText(path).Contains("\"weight_block_size\"", StringComparison.Ordinal);
                Assert.Equal((name, said), (name, config.Fp8Block is not null));
                Assert.Equal((name, said), (name, listed.Fp8Block is not null));
                blocks += said ? 1 : 0;
            }
        }

        Assert.True(blocks >= 8, $"{blocks} compared");
    }

    [Fact]
    public void A_config_gives_the_architecture_that_the_catalogue_states()
    {
        string folder = Repository.SharedData("model_configs");
        int compared = 0;
        foreach (string path in Directory.GetFiles(folder, "*.json"))
        {
            string repository = Path.GetFileName(path).Replace("_config.json", "", StringComparison.Ordinal).Replace("--", "/", StringComparison.Ordinal);
            if (ParameterCountTests.Catalog.Models.Find(repository) is not { } known)
            {
                continue;
            }

            ModelSpec read = HuggingFaceConfig.Read(path);
            Assert.True(known.Layers.ToHashSet().SetEquals(read.Layers), $"{repository}: {string.Join("; ", read.Layers)}");
            Assert.Equal((known.HiddenSize, known.VocabularySize, known.TiedEmbeddings), (read.HiddenSize, read.VocabularySize, read.TiedEmbeddings));
            compared++;
        }

        Assert.True(compared >= 30, $"{compared} compared");
    }

    // Exact totals of published checkpoints (Hugging Face API, safetensors.total), without what the config does not describe.
    [Theory]
    [InlineData("Qwen--Qwen3-235B-A22B", 235_093_634_560)]
    [InlineData("Qwen--Qwen3-Coder-480B-A35B-Instruct", 480_154_875_392)]
    [InlineData("Qwen--Qwen3.5-27B", 27_781_427_952 - 424_699_392)]
    [InlineData("Qwen--Qwen3.5-397B-A17B", 403_397_928_944 - 6_595_568_128)]
    [InlineData("moonshotai--Kimi-K2.5", 1_026_879_376_368)]
    [InlineData("openai--gpt-oss-120b", 116_829_156_672)]
    [InlineData("meta-llama--Llama-4-Scout-17B-16E-Instruct", 108_641_793_536 - 871_932_416)]
    [InlineData("nvidia--NVIDIA-Nemotron-3-Nano-30B-A3B-BF16", 31_577_937_344)]
    public void A_config_counts_the_published_parameters(string file, long published)
    {
        string path = Path.Combine(Repository.SharedData("model_configs"), file + "_config.json");
        Assert.InRange(ParameterCount.Of(HuggingFaceConfig.Read(path)).Total / (double)published, 0.9999, 1.0001);
    }

    [Fact]
    public void Broken_json_is_told_with_its_line()
    {
        InputException e = Assert.Throws<InputException>(() => HuggingFaceConfig.Parse("m/config.json", "{\n  \"model_type\": \"llama\",\n  \"hidden_size\": }\n"));
        Assert.Equal(3, Assert.Single(e.Diagnostics).Line);
    }

    [Theory]
    [InlineData("hidden_size", "NaN")]
    [InlineData("hidden_size", "-4096")]
    [InlineData("hidden_size", "4096.5")]
    [InlineData("hidden_size", "1e30")]
    [InlineData("hidden_size", "\"4096\"")]
    [InlineData("num_hidden_layers", "Infinity")]
    [InlineData("num_hidden_layers", "2000000000")]
    [InlineData("num_attention_heads", "0")]
    [InlineData("vocab_size", "null")]
    [InlineData("torch_dtype", "\"int3\"")]
    public void A_wrong_value_is_told_with_its_key(string key, string value)
    {
        InputException e = Assert.Throws<InputException>(() => HuggingFaceConfig.Parse("m/config.json", Llama((key, value))));
        Assert.Contains(e.Diagnostics, d => d.Field == key && d.File == "m/config.json");
    }

    [Fact]
    public void Every_missing_size_is_told_at_once()
    {
        InputException e = Assert.Throws<InputException>(() => HuggingFaceConfig.Parse("config.json", """{ "model_type": "llama" }"""));
        Assert.Equal(["hidden_size", "vocab_size", "max_position_embeddings", "num_hidden_layers", "intermediate_size", "num_attention_heads"], e.Diagnostics.Select(d => d.Field));
    }

    [Fact]
    public void An_unknown_model_type_is_refused_with_near_ones()
    {
        InputException e = Assert.Throws<InputException>(() => HuggingFaceConfig.Parse("config.json", Llama(("model_type", "\"qwen33\""))));
        Assert.Contains("qwen3", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Infinity_where_no_number_is_wanted_does_no_harm()
    {
        ModelSpec model = HuggingFaceConfig.Parse("m/config.json", Llama(("time_step_limit", "[0.0, Infinity]"), ("note", "\"NaN \\\" Infinity\"")));
        Assert.Equal(4096, model.HiddenSize);
    }

    [Fact]
    public void The_largest_model_that_is_accepted_can_be_counted()
    {
        string text = Llama(("hidden_size", "131072"), ("num_hidden_layers", "2000"), ("intermediate_size", "1048576"), ("num_attention_heads", "16384"), ("head_dim", "16384"), ("vocab_size", "10000000"), ("model_type", "\"mixtral\""), ("num_local_experts", "4096"), ("num_experts_per_tok", "4096"));
        Assert.True(ParameterCount.Of(HuggingFaceConfig.Parse("config.json", text)).Total > 0);
    }

    [Fact]
    public void Any_text_is_read_or_refused_but_never_crashes()
    {
        string[] values = ["0", "-1", "1", "7", "1e9", "null", "true", "\"x\"", "[]", "[1]", "{}", "NaN", "128", "4096"];
        string[] keys = ["model_type", "hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "head_dim", "intermediate_size", "vocab_size", "layer_types", "num_experts", "num_experts_per_tok", "kv_lora_rank", "hybrid_override_pattern", "block_configs", "quantization_config", "vision_config", "text_config", "moe_layer_freq", "mlp_only_layers"];
        string[] types = [.. Family.All.Keys.Select(k => $"\"{k}\"")];
        var gen = from type in Gen.Elements(types)
                  from changes in Gen.ListOf(from key in Gen.Elements(keys) from value in Gen.Elements(values) select (key, value))
                  select ((string, string)[])[("model_type", type), .. changes];
        Prop.ForAll(gen.ToArbitrary(), changes =>
        {
            try
            {
                _ = ParameterCount.Of(HuggingFaceConfig.Parse("m/config.json", Llama(changes))).Total;
            }
            catch (InputException)
            {
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Theory]
    [InlineData("llama-3-8b", "llama-3-8b")]
    [InlineData("meta-llama/Meta-Llama-3-8B", "llama-3-8b")]
    [InlineData("qwen/qwen3.5-27b", "qwen3.5-27b")]
    public void A_model_is_found_by_name_or_repository(string written, string name) =>
        Assert.Equal(name, ModelResolver.Resolve(ParameterCountTests.Catalog, written).Name);

    [Fact]
    public void An_unknown_model_is_refused_with_near_names()
    {
        InputException e = Assert.Throws<InputException>(() => ModelResolver.Resolve(ParameterCountTests.Catalog, "lama-3-8b"));
        Assert.Contains("llama-3-8b", e.Message, StringComparison.Ordinal);
        e = Assert.Throws<InputException>(() => ModelResolver.Resolve(ParameterCountTests.Catalog, "nowhere/config.json"));
        Assert.Contains("no such file", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_config_file_or_its_folder_can_be_given_as_a_model()
    {
        string folder = Directory.CreateTempSubdirectory("my-model-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "config.json"), Llama());
            Assert.Equal(Path.GetFileName(folder), ModelResolver.Resolve(ParameterCountTests.Catalog, folder).Name);
            ModelSpec model = ModelResolver.Resolve(ParameterCountTests.Catalog, Path.Combine(folder, "config.json"));
            Assert.Equal(8_030_261_248, ParameterCount.Of(model).Total);
            Assert.Equal(8_030_261_248, ParameterCount.Of(ModelResolver.Resolve(ParameterCountTests.Catalog, Repository.Path("catalog", "models", "llama-3-8b.yaml"))).Total);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // Llama 3 8B's config with some keys changed.
    private static string Llama(params IEnumerable<(string Key, string Value)> changes)
    {
        var keys = new Dictionary<string, string>
        {
            ["model_type"] = "\"llama\"",
            ["hidden_size"] = "4096",
            ["num_hidden_layers"] = "32",
            ["num_attention_heads"] = "32",
            ["num_key_value_heads"] = "8",
            ["intermediate_size"] = "14336",
            ["vocab_size"] = "128256",
            ["max_position_embeddings"] = "8192",
            ["torch_dtype"] = "\"bfloat16\"",
        };
        foreach ((string key, string value) in changes)
        {
            keys[key] = value;
        }

        return "{" + string.Join(",\n", keys.Select(k => $"\"{k.Key}\": {k.Value}")) + "}";
    }

    [GeneratedRegex(@"-(\d+(?:\.\d+)?)B(?:-|$)")]
    private static partial Regex NamedSize();
}
