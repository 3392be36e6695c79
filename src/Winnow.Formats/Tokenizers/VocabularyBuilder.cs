using System;
using System.Collections.Generic;
using System.Text;

namespace Winnow.Formats.Tokenizers;

/// <summary>Collects tokens from a file that is not trusted, and checks ids and spellings before anything is sized by them.</summary>
internal sealed class VocabularyBuilder
{
    // Real files have small holes; a hostile id must not size an allocation.
    private const int AllowedHoles = 1 << 20;

    private readonly string? _path;
    private readonly Dictionary<int, byte[]> _tokens = [];
    private readonly Dictionary<int, TokenKind> _kinds = [];
    private readonly Dictionary<byte[], int> _model = new(ByteKeyComparer.Instance);
    private readonly Dictionary<byte[], int> _added = new(ByteKeyComparer.Instance);

    public VocabularyBuilder(string? path) => _path = path;

    /// <summary>Adds a token of the model's own vocabulary.</summary>
    public void AddModelToken(byte[] token, long id, TokenKind kind, string key)
    {
        int checkedId = Claim(token, id, key);
        if (!_model.TryAdd(token, checkedId))
        {
            throw Error($"the token \"{Show(token)}\" is listed twice; convert the tokenizer again", key);
        }

        _kinds[checkedId] = kind;
    }

    /// <summary>Adds a token of a GGUF vocabulary, where a spelling may repeat: the first one is found by its text.</summary>
    public void AddListedToken(byte[] token, int id, TokenKind kind)
    {
        _tokens.Add(id, token);
        _kinds[id] = kind;
        _model.TryAdd(token, id);
    }

    /// <summary>Adds an entry of <c>added_tokens</c>; it may repeat a token of the model under the same id.</summary>
    public void AddAddedToken(byte[] token, long id, bool special, string key)
    {
        if (_model.TryGetValue(token, out int known) || _added.TryGetValue(token, out known))
        {
            if (known != id)
            {
                throw Error($"\"{Show(token)}\" has id {id} here and {known} elsewhere; convert the tokenizer again", key);
            }
        }
        else
        {
            known = Claim(token, id, key);
            _added.Add(token, known);
            _kinds[known] = TokenKind.UserDefined;
        }

        if (special)
        {
            _kinds[known] = TokenKind.Control;
        }
    }

    public void SetKind(int id, TokenKind kind) => _kinds[id] = kind;

    public Vocabulary Build()
    {
        int size = 0;
        foreach (int id in _tokens.Keys)
        {
            size = Math.Max(size, id + 1);
        }

        if (size > AllowedHoles + (4L * _tokens.Count))
        {
            throw Error($"the largest id is {size - 1} for {_tokens.Count} tokens; convert the tokenizer again", "vocab");
        }

        byte[]?[] tokens = new byte[]?[size];
        TokenKind[] kinds = new TokenKind[size];
        foreach ((int id, byte[] token) in _tokens)
        {
            tokens[id] = token;
            kinds[id] = _kinds[id];
        }

        return new Vocabulary(tokens, kinds, _model, _added);
    }

    private int Claim(byte[] token, long id, string key)
    {
        if (id is < 0 or >= int.MaxValue)
        {
            throw Error($"\"{Show(token)}\" has the id {id}; ids are 0 or larger 32-bit numbers", key);
        }

        if (!_tokens.TryAdd((int)id, token))
        {
            throw Error($"\"{Show(token)}\" and \"{Show(_tokens[(int)id])}\" share id {id}; convert the tokenizer again", key);
        }

        return (int)id;
    }

    private static string Show(byte[] token) => Encoding.UTF8.GetString(token.AsSpan(0, Math.Min(token.Length, 60)));

    private ModelFormatException Error(string message, string key) => new(message, _path, key: key);
}
