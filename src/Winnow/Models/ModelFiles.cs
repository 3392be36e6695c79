using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Winnow.Formats;
using Winnow.Formats.Configuration;
using Winnow.Formats.Gguf;
using Winnow.Formats.Safetensors;
using Winnow.Formats.Templates;
using Winnow.Formats.Tokenizers;

namespace Winnow.Models;

/// <summary>
/// A model as it lies on disk: a folder with config.json, tokenizer.json and safetensors, or a GGUF file. Opening reads everything but
/// the weights.
/// </summary>
public sealed class ModelFiles : IDisposable
{
    private ModelFiles(string path, TensorFile tensors, ModelConfig config, Tokenizer tokenizer)
    {
        (Path, Tensors, Config, Tokenizer) = (path, tensors, config, tokenizer);
        EndOfGenerationIds = tokenizer.EndOfGenerationIds;
    }

    /// <summary>The folder or file it was opened from.</summary>
    public string Path { get; }

    /// <summary>What the model is called: the file's own name for it, else the name of the file or folder.</summary>
    public string Name { get; private init; } = "";

    /// <summary>The dimensions and switches of the decoder.</summary>
    public ModelConfig Config { get; }

    /// <summary>The weights, still on disk.</summary>
    public TensorFile Tensors { get; }

    /// <summary>The tokenizer.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>The chat template, where the model has one.</summary>
    public ChatTemplate? ChatTemplate { get; private init; }

    /// <summary>The sampling that the files suggest.</summary>
    public GenerationDefaults GenerationDefaults { get; private init; } = new();

    /// <summary>Every token that ends a text: the union of what config, generation config and tokenizer name.</summary>
    public IReadOnlyList<int> EndOfGenerationIds { get; private init; }

    /// <summary>Opens a model.</summary>
    /// <param name="path">A folder that holds config.json, a .gguf file, or a folder that holds just one of those.</param>
    /// <exception cref="ModelNotFoundException">There is no model.</exception>
    /// <exception cref="UnsupportedModelException">It is of an architecture that Winnow does not run.</exception>
    /// <exception cref="ModelFormatException">A file is damaged.</exception>
    public static ModelFiles Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (File.Exists(path))
        {
            return IsGguf(path) ? OpenGguf(path) : OpenFolder(FolderOf(path));
        }

        if (!Directory.Exists(path))
        {
            throw new ModelNotFoundException(path, "there is no such file or folder. Give a folder with config.json and safetensors, or a .gguf file.");
        }

        return File.Exists(System.IO.Path.Combine(path, "config.json")) ? OpenFolder(path) : OpenGguf(OnlyGguf(path));
    }

    /// <summary>
    /// A model that exists on paper only: a configuration, random weights, and a tokenizer of bytes. What it writes is noise; how fast, and in how much memory, is
    /// what its real like would take.
    /// </summary>
    /// <param name="config">The configuration; <see cref="ModelShapes"/> has some.</param>
    /// <param name="type">How the matrices are stored: what <see cref="RandomTensorFile.CanMake"/> allows.</param>
    /// <param name="seed">The same seed gives the same weights.</param>
    /// <exception cref="UnsupportedModelException">It is of an architecture that Winnow does not run.</exception>
    /// <exception cref="ModelFormatException">The configuration makes no sense.</exception>
    /// <exception cref="NotSupportedException">Weights of the type cannot be made.</exception>
    /// <exception cref="ArgumentException">A matrix has rows that are not whole blocks of the type.</exception>
    public static ModelFiles Random(HuggingFaceConfig config, TensorType type = TensorType.BF16, int seed = 0)
    {
        ArgumentNullException.ThrowIfNull(config);
        ModelConfig model = HuggingFaceModelConfig.Read(config);
        var tensors = RandomTensorFile.Create(config.Path, RandomWeights.For(model, type), seed);
        return new ModelFiles(config.Path, tensors, model, ByteTokenizer.Create(model.Vocab)) { Name = $"{config.Path}, random {type}" };
    }

    /// <inheritdoc/>
    public void Dispose() => Tensors.Dispose();

    private static bool IsGguf(string path) => path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) || HasGgufMagic(path);

    private static bool HasGgufMagic(string path)
    {
        Span<byte> magic = stackalloc byte[4];
        using FileStream file = File.OpenRead(path);
        return file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) == magic.Length && magic.SequenceEqual("GGUF"u8);
    }

    private static string FolderOf(string path)
    {
        string folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path)) ?? path;
        bool known = path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase) || path.EndsWith("config.json", StringComparison.Ordinal);
        return known && File.Exists(System.IO.Path.Combine(folder, "config.json")) ? folder : throw new ModelNotFoundException(
            path, "this file is not a GGUF model. Give a .gguf file, or the folder that holds config.json and the safetensors.");
    }

    private static string OnlyGguf(string folder)
    {
        string[] files = [.. Directory.EnumerateFiles(folder, "*.gguf").Order(StringComparer.Ordinal)];
        bool one = files.Length == 1 || (files.Length > 1 && files[0].Contains("-00001-of-", StringComparison.Ordinal));
        return one ? files[0] : throw new ModelNotFoundException(
            folder,
            files.Length == 0
                ? "this folder has neither config.json nor a .gguf file, so there is no model in it."
                : $"this folder has {files.Length} .gguf files; name the one you mean.");
    }

    private static ModelFiles OpenGguf(string path)
    {
        GgufFile file = GgufFile.Open(path);
        try
        {
            ModelConfig config = GgufModelConfig.Read(file);
            var tokenizer = Tokenizer.FromGguf(GgufVocabulary.From(file));
            string? template = file.Metadata.Has("tokenizer.chat_template") ? file.Metadata.GetString("tokenizer.chat_template") : null;
            return new ModelFiles(path, file, config, tokenizer)
            {
                Name = file.Metadata.GetString("general.name", System.IO.Path.GetFileNameWithoutExtension(path)),
                ChatTemplate = template is null ? null : ChatTemplate.Parse(template, path),
                GenerationDefaults = GenerationDefaultsReader.Read(file.Metadata),
            };
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static ModelFiles OpenFolder(string folder)
    {
        var json = HuggingFaceConfig.Open(System.IO.Path.Combine(folder, "config.json"));
        ModelConfig config = HuggingFaceModelConfig.Read(json);
        string generationPath = System.IO.Path.Combine(folder, "generation_config.json");
        HuggingFaceConfig? generation = File.Exists(generationPath) ? HuggingFaceConfig.Open(generationPath) : null;
        string tokenizerPath = System.IO.Path.Combine(folder, "tokenizer.json");
        if (!File.Exists(tokenizerPath))
        {
            throw new ModelNotFoundException(folder, "tokenizer.json is missing from this folder; get the complete model.");
        }

        var tokenizer = Tokenizer.Load(tokenizerPath);
        ChatTemplate? template = ChatTemplate.TryLoad(folder);
        TensorFile tensors = OpenSafetensors(folder);
        return new ModelFiles(folder, tensors, config, tokenizer)
        {
            Name = System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(folder))),
            ChatTemplate = template,
            GenerationDefaults = GenerationDefaultsReader.Read(generation),
            EndOfGenerationIds = [.. tokenizer.EndOfGenerationIds.Concat(EosIds(json)).Concat(EosIds(generation)).Distinct().Order()],
        };
    }

    private static SafetensorsFile OpenSafetensors(string folder)
    {
        foreach (string name in (ReadOnlySpan<string>)["model.safetensors", "model.safetensors.index.json"])
        {
            string path = System.IO.Path.Combine(folder, name);
            if (File.Exists(path))
            {
                return SafetensorsFile.Open(path);
            }
        }

        throw new ModelNotFoundException(folder, "neither model.safetensors nor model.safetensors.index.json is in this folder; get the complete model.");
    }

    private static IEnumerable<int> EosIds(HuggingFaceConfig? config) =>
        config is not null && config.Has("eos_token_id") ? config.GetInt32List("eos_token_id") : [];
}
