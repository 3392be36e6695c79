using System.IO;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using NUnit.Framework;
using Winnow.Formats.Tokenizers;

namespace Winnow.Formats.Tests.Tokenizers;

public sealed class TokenizerLoadTests
{
    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("winnow-tokenizer-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Load_ReadsTokensThatAreObjectsAndFlags()
    {
        string path = Write("tokenizer.json", TestTokenizers.Json(
            TestTokenizers.Bpe(["a"], []), added: $"[{TestTokenizers.Added(1, "<s>", true)},{TestTokenizers.Added(2, "<|im_end|>", true)}]"));
        Write("tokenizer_config.json", """{"bos_token":{"content":"<s>","lstrip":false},"eos_token":null,"add_bos_token":true}""");
        Tokenizer tokenizer = Tokenizer.Load(path);
        Assert.That((tokenizer.BosId, tokenizer.EosId, tokenizer.AddsBos), Is.EqualTo(((int?)1, (int?)null, true)));
        Assert.That(tokenizer.Encode("a"), Is.EqualTo(new[] { 1, 0 }));
        Assert.That(tokenizer.EndOfGenerationIds, Is.EqualTo(new[] { 2 }), "known by its spelling");
    }

    [Test]
    public void Load_CleanUpIsOffEvenWhereTheFileAsksForIt()
    {
        string path = Write("tokenizer.json", TestTokenizers.Json(TestTokenizers.Bpe(["a", " "], []), decoder: """{"type":"Fuse"}"""));
        Write("tokenizer_config.json", """{"clean_up_tokenization_spaces":true}""");
        Assert.That(Tokenizer.Load(path).Decode([0, 1, 1]), Is.EqualTo("a  "));
    }

    [Test]
    public void Load_AMissingOrDamagedFileIsNamed()
    {
        string path = Path.Combine(_folder, "tokenizer.json");
        Assert.That(Assert.Throws<ModelFormatException>(() => Tokenizer.Load(path))!.Path, Is.EqualTo(path));
        Assert.That(Assert.Throws<ModelFormatException>(() => Tokenizer.Load(_folder))!.Path, Is.EqualTo(_folder), "a folder");
        Write("tokenizer.json", TestTokenizers.Json(TestTokenizers.Bpe(["a"], [])));
        string config = Write("tokenizer_config.json", """{"bos_token":7}""");
        var error = Assert.Throws<ModelFormatException>(() => Tokenizer.Load(path));
        Assert.That((error!.Path, error.Key), Is.EqualTo((config, "bos_token")));
        Write("tokenizer_config.json", """{"add_bos_token":true}""");
        Assert.That(Assert.Throws<ModelFormatException>(() => Tokenizer.Load(path))!.Key, Is.EqualTo("add_bos_token"));
    }

    [Test]
    public void Load_RefusesNoPath()
    {
        Assert.That(() => Tokenizer.Load(""), Throws.ArgumentException);
        Assert.That(() => Tokenizer.FromGguf(null!), Throws.ArgumentNullException);
    }

    [Test]
    public void Encode_FromSeveralThreadsGivesTheSameIds()
    {
        Tokenizer tokenizer = TestTokenizers.Parse(
            TestTokenizers.Bpe([.. TestTokenizers.ByteLetters(), "ab", "abab"], ["a b", "ab ab"]),
            preTokenizer: """{"type":"ByteLevel","add_prefix_space":false}""");
        string[] texts = [.. Enumerable.Range(0, 400).Select(index => $"abab{index % 50} ab\u00E9{index} aab")];
        int[][] expected = [.. texts.Select(text => tokenizer.Encode(text))];
        int[][] actual = new int[texts.Length][];
        Tokenizer fresh = TestTokenizers.Parse(
            TestTokenizers.Bpe([.. TestTokenizers.ByteLetters(), "ab", "abab"], ["a b", "ab ab"]),
            preTokenizer: """{"type":"ByteLevel","add_prefix_space":false}""");
        Parallel.For(0, texts.Length, index => actual[index] = fresh.Encode(texts[index]));
        Assert.That(actual, Is.EqualTo(expected));
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text, Encoding.UTF8);
        return path;
    }
}
