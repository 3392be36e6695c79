using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text.RegularExpressions;
using NUnit.Framework;
using Winnow.TestSupport;

namespace Winnow.Native;

/// <summary>winnow.h, the exports and docs/abi.md name the same functions with the same signatures.</summary>
public sealed class DriftTests
{
    private static readonly string Documentation = File.ReadAllText(Path.Combine(SharedFiles.RepositoryRoot, "docs", "abi.md"));

    [Test]
    public void Exports_AreTheFunctionsOfTheHeader()
    {
        Assert.That(Header.Functions, Has.Count.GreaterThan(40));
        Assert.That(Abi.Exports.Keys, Is.EquivalentTo(Header.Functions.Select(function => function.Name)));
        Assert.That(Regex.Count(Header.Text, "^WINNOW_API ", RegexOptions.Multiline), Is.EqualTo(Header.Functions.Count), "a function without a comment before it");
    }

    [Test]
    public void Exports_HaveTheTypesOfTheHeader()
    {
        foreach (HeaderFunction function in Header.Functions)
        {
            ParameterInfo[] parameters = Abi.Exports[function.Name].GetParameters();
            Assert.Multiple(() =>
            {
                Assert.That(parameters.Select(parameter => NameOf(parameter.ParameterType)), Is.EqualTo(function.Parameters.Select(parameter => Plain(parameter.Type))), function.Name);
                Assert.That(parameters.Select(parameter => Underscored(parameter.Name!)), Is.EqualTo(function.Parameters.Select(parameter => parameter.Name)), function.Name);
                Assert.That(NameOf(Abi.Exports[function.Name].ReturnType), Is.EqualTo(Plain(function.Result)), function.Name);
            });
        }
    }

    [Test]
    public void Status_HasTheValuesOfTheHeader()
    {
        string block = Header.Text[Header.Text.IndexOf("WINNOW_OK = 0", StringComparison.Ordinal)..Header.Text.IndexOf("typedef uint64_t winnow_engine", StringComparison.Ordinal)];
        IEnumerable<string> header = Regex.Matches(block, @"WINNOW_(\w+) = (\d+)").Select(match => $"{match.Groups[1].Value.ToLowerInvariant()} {match.Groups[2].Value}");
        IEnumerable<string> exported = Enum.GetValues<Status>().Select(status => $"{Underscored(status.ToString())} {(int)status}");
        Assert.That(exported, Is.EqualTo(header));
    }

    [TestCase("winnow_piece", typeof(Piece))]
    [TestCase("winnow_usage", typeof(UsageFigures))]
    [TestCase("winnow_kv_usage", typeof(KvUsageFigures))]
    [TestCase("winnow_token_probability", typeof(TokenProbability))]
    [TestCase("winnow_launch", typeof(LaunchFigures))]
    public void Structure_HasTheFieldsOfTheHeader(string name, Type type)
    {
        string body = Regex.Match(Header.Text, $@"typedef struct {name} \{{(.*?)\}} {name};", RegexOptions.Singleline).Groups[1].Value;
        IEnumerable<string> declared = Regex.Matches(Regex.Replace(body, @"/\*.*?\*/", ""), @"(\w+) ([\w, ]+);")
            .SelectMany(match => match.Groups[2].Value.Split(", ").Select(field => $"{match.Groups[1].Value} {field}"));
        IEnumerable<string> actual = type.GetFields().Select(field => $"{NameOf(field.FieldType)} {Underscored(field.Name)}");
        Assert.That(actual, Is.EqualTo(declared));
    }

    [Test]
    public void Documentation_HasTheFunctionsOfTheHeader()
    {
        IEnumerable<string> documented = Regex.Matches(Documentation, @"^(?:winnow_status|uint32_t) winnow_\w+\(.*\);$", RegexOptions.Multiline).Select(match => match.Value);
        Assert.That(documented, Is.EqualTo(Header.Functions.Select(function => function.Prototype)));
    }

    [Test]
    public void Documentation_HasEveryOptionAndStatus()
    {
        Assert.Multiple(() =>
        {
            Assert.That(Row("engine"), Is.EqualTo(OptionTexts.EngineKeys));
            Assert.That(Row("generation"), Is.EqualTo(OptionTexts.GenerationKeys));
            Assert.That(Row("session"), Is.EqualTo(OptionTexts.SessionKeys));
            Assert.That(Row("policy"), Is.EqualTo(PolicyTexts.Keys));
            Assert.That(Row("embedding"), Is.EqualTo(OptionTexts.EmbeddingKeys));
            Assert.That(Row("kernel"), Is.EqualTo(OptionTexts.KernelKeys));
        });
    }

    [TestCase("c/short.c")]
    [TestCase("python/short.py")]
    public void Readme_HasTheSample(string sample)
    {
        string root = SharedFiles.RepositoryRoot;
        string readme = File.ReadAllText(Path.Combine(root, "README.md")).ReplaceLineEndings("\n");
        Assert.That(readme, Does.Contain(File.ReadAllText(Path.Combine(root, "interop", "samples", sample)).ReplaceLineEndings("\n")));
    }

    [Test]
    public void Sample_IsShort()
    {
        string samples = Path.Combine(SharedFiles.RepositoryRoot, "interop", "samples");
        string[] sources = [.. Directory.EnumerateFiles(samples, "*", SearchOption.AllDirectories)
            .Where(path => Path.GetExtension(path) is ".c" or ".cpp" or ".py" or ".rs" or ".mjs" or ".cs" && !Regex.IsMatch(path, @"[\\/](bin|obj|node_modules)[\\/]"))];
        Assert.That(sources.Select(path => Path.GetExtension(path)).Distinct(), Has.Exactly(6).Items);
        foreach (string path in sources)
        {
            Assert.That(File.ReadAllLines(path), Has.Length.LessThan(120), path);
        }
    }

    [Test]
    public void Version_IsThatOfTheHeader()
    {
        string declared = Regex.Match(Header.Text, @"#define WINNOW_ABI_VERSION (\d+)u").Groups[1].Value;
        Assert.That(((int)Abi.Call("winnow_abi_version")).ToString(System.Globalization.CultureInfo.InvariantCulture), Is.EqualTo(declared));
        Assert.That(Documentation, Does.Contain($"ABI version {declared}"));
    }

    /// <summary>The keys in the row of the table of options.</summary>
    private static string[] Row(string kind) =>
        [.. Regex.Matches(Regex.Match(Documentation, $@"^\| {kind} \|(.*)\|$", RegexOptions.Multiline).Groups[1].Value, @"`(\w+)`").Select(match => match.Groups[1].Value)];

    private static string Plain(string type) => type.Replace("const ", "", StringComparison.Ordinal).Replace("const", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal) switch
    {
        "winnow_engine" or "winnow_tokenizer" or "winnow_session" or "winnow_generation" or "winnow_cancel" or "winnow_gpu" or "winnow_kernel" or "winnow_object" => "uint64_t",
        "winnow_engine*" or "winnow_tokenizer*" or "winnow_session*" or "winnow_generation*" or "winnow_cancel*" or "winnow_gpu*" or "winnow_kernel*" => "uint64_t*",
        "winnow_progress_callback" => "(void*,int32_t,int64_t,int64_t)->int32_t",
        "winnow_piece_callback" => "(void*,winnow_piece*,char*,size_t)->int32_t",
        var other => other,
    };

    private static string NameOf(Type type)
    {
        if (type.IsFunctionPointer)
        {
            return $"({string.Join(',', type.GetFunctionPointerParameterTypes().Select(NameOf))})->{NameOf(type.GetFunctionPointerReturnType())}";
        }

        return type.IsPointer ? NameOf(type.GetElementType()!) + "*"
            : type == typeof(byte) ? "char"
            : type == typeof(int) ? "int32_t"
            : type == typeof(long) ? "int64_t"
            : type == typeof(uint) ? "uint32_t"
            : type == typeof(ulong) ? "uint64_t"
            : type == typeof(nuint) ? "size_t"
            : type == typeof(float) ? "float"
            : type == typeof(double) ? "double"
            : type == typeof(void) ? "void"
            : type == typeof(Status) ? "winnow_status"
            : type == typeof(Piece) ? "winnow_piece"
            : type == typeof(UsageFigures) ? "winnow_usage"
            : type == typeof(KvUsageFigures) ? "winnow_kv_usage"
            : type == typeof(TokenProbability) ? "winnow_token_probability"
            : type == typeof(LaunchFigures) ? "winnow_launch"
            : type.Name;
    }

    private static string Underscored(string name) => Regex.Replace(name, "(?<=[a-z])(?=[A-Z])", "_").ToLowerInvariant();
}
