using System;
using System.IO;
using BenchmarkDotNet.Attributes;
using Winnow.Formats.Tokenizers;

namespace Winnow.Formats.Bench.Tokenizers;

/// <summary>The tokenizer of the model that ships: 8 KiB of text to tokens and back, all at once and token by token, as a stream takes them.</summary>
public class TokenizerBench
{
    private const int Characters = 8192;
    private string _path = "";
    private string _text = "";
    private int[] _ids = [];
    private Tokenizer _tokenizer = null!;

    [GlobalSetup]
    public void SetUp()
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "tales-1m");
        _path = Path.Combine(folder, "tokenizer.json");
        _text = File.ReadAllText(Path.Combine(folder, "recall.jsonl"))[..Characters];
        _tokenizer = Tokenizer.Load(_path);
        _ids = _tokenizer.Encode(_text);
    }

    [Benchmark]
    public Tokenizer Load() => Tokenizer.Load(_path);

    [Benchmark]
    public int[] Encode() => _tokenizer.Encode(_text);

    [Benchmark]
    public string Decode() => _tokenizer.Decode(_ids);

    [Benchmark]
    public int DecodeOneByOne()
    {
        StreamingDecoder decoder = _tokenizer.CreateStreamingDecoder();
        int length = 0;
        foreach (int id in _ids)
        {
            length += decoder.Push(id).Length;
        }

        return length + decoder.Flush().Length;
    }
}
